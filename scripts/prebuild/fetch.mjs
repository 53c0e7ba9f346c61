// fetch.mjs NAME@VERSION: the folder of a package that is wanted for a test or a release only, brought into the cache.
import { fetched } from './tools.mjs';

const [, name, version] = /^(.+)@([^@]+)$/.exec(process.argv[2] ?? '') ?? [];
if (!name) throw new Error('which package? NAME@VERSION');
console.log(fetched(name, version));
