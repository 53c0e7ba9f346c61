/** Certificates made by openssl(1), valid now, for 127.0.0.1 and localhost. */
import { execFileSync } from 'node:child_process';
import type { Scratch } from './scratch';

export interface Certificate {
  file: string;
  key: string;
}

export function selfSigned(at: Scratch, name = 'server'): Certificate {
  const certificate = { file: at.file(`${name}.pem`), key: at.file(`${name}.key`) };
  const names = 'subjectAltName=IP:127.0.0.1,DNS:localhost';
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const files = ['-keyout', certificate.key, '-out', certificate.file];
  execFileSync('openssl', [...request, ...files, '-days', '2', '-subj', `/CN=${name}`, '-addext', names], {
    stdio: 'pipe',
  });
  return certificate;
}
