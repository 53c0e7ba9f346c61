// Fails on any skipped test but those that name a missing capability of the machine; says once more, at the end, what has failed
// and why, because only the end of a long log is kept; and prints the last line.
import { readFileSync } from 'node:fs';

const [, , file, status] = process.argv;
const report = JSON.parse(readFileSync(file, 'utf8'));
const allowed = readFileSync(new URL('allowed-skips.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

const tests = report.testResults.flatMap((suite) => suite.assertionResults);
const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
const wrong = skipped.filter((test) => !allowed.some((name) => test.fullName.includes(name)));
for (const test of skipped)
  console.log(`skipped${wrong.includes(test) ? ' (not allowed)' : ''}: ${test.fullName}`);

for (const { name, message, assertionResults } of report.testResults) {
  const failures = assertionResults.filter((test) => test.status === 'failed');
  for (const { fullName, failureMessages } of failures)
    console.log(`failed: ${name.replace(/.*\/test\//, 'test/')}: ${fullName}\n${failureMessages.join('\n')}`);
  if (message) console.log(`failed: ${name}: ${message}`);
}

const passed = tests.filter((test) => test.status === 'passed').length;
const failed = tests.length - passed - skipped.length;
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
const ok = Number(status) === 0 && wrong.length === 0 && failed === 0 && passed > 0 && report.success;
process.exit(ok ? 0 : 1);
