// Signs stdin with GitHub's own library; the secret is the argument.
import { readFileSync } from 'node:fs';
import { sign } from '@octokit/webhooks-methods';

process.stdout.write(await sign(process.argv[2], readFileSync(0, 'utf8')));
