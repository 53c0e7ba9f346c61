/** What is written is read again as it was, and nothing is read that is no XML-RPC. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEEPEST, decodeCall, decodeResponse } from '../../src/control/decode';
import { encodeCall, encodeFault, encodeResponse } from '../../src/control/encode';
import type { RpcValue } from '../../src/control/values';

const text = fc.string({ unit: 'binary' }).map((each) => each.replace(/[^\t\n\r\u{20}-\u{fffd}]/gu, ''));
/** To the second, from year 0 to 9999. */
const date = fc
  .integer({ min: -62_167_219_200, max: 253_402_300_799 })
  .map((seconds) => new Date(seconds * 1000));
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((each) => !Number.isInteger(each) || !Number.isSafeInteger(each));

const { value } = fc.letrec<{ value: RpcValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    double,
    text,
    date,
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(text, tie('value')),
  ),
}));

const call = (xml: string) => decodeCall(`<methodCall><methodName>m</methodName>${xml}</methodCall>`);
const param = (xml: string) => call(`<params><param><value>${xml}</value></param></params>`).params[0];

describe('XML-RPC', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(decodeResponse(encodeResponse(each))).toEqual({ value: each });
      }),
    );
    fc.assert(
      fc.property(fc.array(value), (params) => {
        expect(decodeCall(encodeCall('a.b', params))).toEqual({ method: 'a.b', params });
      }),
    );
  });

  it('has U+FFFD for what it cannot say, and for nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (each) => {
        const { value: read } = decodeResponse(encodeResponse(each)) as { value: string };
        expect([...read].length).toBe([...each].length);
      }),
    );
    expect(decodeResponse(encodeResponse('a\0b\x1b\ud800c\uffff'))).toEqual({
      value: 'a\ufffdb\ufffd\ufffdc\ufffd',
    });
    expect(decodeResponse(encodeResponse('a\r\nb\rc\td]]>&<'))).toEqual({ value: 'a\r\nb\rc\td]]>&<' });
  });

  it('is refused or read, never anything else, whatever it is', () => {
    const parts = [
      '<value>',
      '</value>',
      '<array><data>',
      '</data></array>',
      '<struct>',
      '</struct>',
      '<int>',
    ];
    const fragment = fc.oneof(
      fc.string(),
      fc.constantFrom(...parts, '</int>', '1', '&lt;', '&#0;', '<![CDATA['),
    );
    fc.assert(
      fc.property(fc.array(fragment), (fragments) => {
        try {
          param(fragments.join(''));
        } catch (error) {
          expect(error).toMatchObject({ name: 'TdaemonError', reason: 'invalid' });
        }
      }),
    );
  });

  it.each([
    ['<int>-7</int>', -7],
    ['<i4> 7 </i4>', 7],
    ['<i8>9007199254740991</i8>', 9007199254740991],
    ['<boolean>1</boolean>', true],
    ['<double>-1.5e3</double>', -1500],
    ['<string> a </string>', ' a '],
    [' untyped ', ' untyped '],
    ['', ''],
    ['<string/>', ''],
    ['<string>&lt;&#x41;&amp;<![CDATA[<b>]]></string>', '<A&<b>'],
    ['<nil/>', null],
    [' <array> <data> </data> </array> ', []],
    ['<struct/>', {}],
    ['<struct><member><name>__proto__</name><value><int>1</int></value></member></struct>', 1],
    ['<base64> aGk=\n </base64>', new Uint8Array([104, 105])],
    ['<dateTime.iso8601>20261123T14:02:22</dateTime.iso8601>', new Date('2026-11-23T14:02:22Z')],
  ])('%s is understood', (xml, expected) => {
    const read = param(xml);
    if (typeof expected === 'number' && xml.includes('__proto__')) {
      expect(Object.entries(read as object)).toEqual([['__proto__', 1]]);
      expect(({} as Record<string, unknown>).int).toBeUndefined();
    } else expect(read).toEqual(expected);
  });

  it.each([
    '<int>x</int>',
    '<int></int>',
    '<int>1.5</int>',
    '<int>99999999999999999999</int>',
    '<boolean>yes</boolean>',
    '<double>NaN</double>',
    '<base64>*</base64>',
    '<dateTime.iso8601>20261345T99:99:99</dateTime.iso8601>',
    '<nil>x</nil>',
    '<int>1</int><int>2</int>',
    'text<int>1</int>',
    '<unknown/>',
    '<array/>',
    '<array><data/><data/></array>',
    '<struct><member><value/></member></struct>',
    '<struct><member><name>a</name></member></struct>',
    '<struct><value/></struct>',
    '<int><int>1</int></int>',
    '<string>a<int>1</int></string>',
    '<string>&undefined;</string>',
    '<string>&#0;</string>',
    '<string>\0</string>',
    '<string>a</int>',
    '<string>a',
    '</value><value>',
  ])('%s is refused', (xml) => {
    expect(() => param(xml)).toThrow(expect.objectContaining({ reason: 'invalid' }));
  });

  it.each([
    '',
    'x',
    '<methodCall/>',
    '<methodCall><methodName/></methodCall>',
    '<methodCall><methodName>a</methodName><methodName>b</methodName></methodCall>',
    '<methodCall><methodName>a</methodName><params/><params/></methodCall>',
    '<methodCall><methodName>a</methodName>',
    '<methodCall><methodName>a</methodName></methodCal>',
    '<methodCall><methodName>a</methodName></methodCall><methodCall/>',
    '<methodCall><methodName>a</methodName></methodCall>x',
    '<methodCall><params><param/></params><methodName>a</methodName></methodCall>',
    '<!DOCTYPE methodCall><methodCall><methodName>a</methodName></methodCall>',
    '<!DOCTYPE x [<!ENTITY a "b">]><methodCall><methodName>&a;</methodName></methodCall>',
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><methodCall><methodName>&a;</methodName></methodCall>',
    '<methodResponse><params><param><value/></param></params></methodResponse>',
  ])('%s is no call', (document) => {
    expect(() => decodeCall(document)).toThrow(expect.objectContaining({ reason: 'invalid' }));
  });

  it('needs no parameters', () => {
    expect(call('')).toEqual({ method: 'm', params: [] });
    expect(call('<params/>')).toEqual({ method: 'm', params: [] });
    expect(
      decodeCall("<?xml version='1.0'?>\n<methodCall>\n <methodName> m </methodName>\n</methodCall>\n"),
    ).toEqual({ method: 'm', params: [] });
  });

  it('is read to a certain depth', () => {
    const nested = (depth: number) =>
      '<array><data><value>'.repeat(depth) + '</value></data></array>'.repeat(depth);
    expect(() => param(nested(DEEPEST))).not.toThrow();
    expect(() => param(nested(DEEPEST + 1))).toThrow('too deep');
    expect(() => param(nested(100_000))).toThrow('too deep');
  });

  it('is UTF-8', () => {
    const bytes = Buffer.from('<methodCall><methodName>\u00e9</methodName></methodCall>', 'latin1');
    expect(() => decodeCall(bytes)).toThrow('UTF-8');
    expect(decodeCall(Buffer.from('<methodCall><methodName>\u00e9</methodName></methodCall>')).method).toBe(
      '\u00e9',
    );
  });

  it('has faults', () => {
    expect(decodeResponse(encodeFault(10, 'BAD_NAME: <x>'))).toEqual({
      fault: { faultCode: 10, faultString: 'BAD_NAME: <x>' },
    });
  });
});
