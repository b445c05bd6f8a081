// A certificate made by openssl that signs itself.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runProgram } from './program.ts';
import { scratchFolder } from './scratch.ts';

/** @param name - of the server: `IP:127.0.0.1`, `DNS:registry.invalid` */
export async function makeCertificate(t: ExecutionContext, name: string) {
	const folder = scratchFolder(t);
	const [certificate, key] = [join(folder, 'ca.pem'), join(folder, 'key.pem')];
	const made = await runProgram('openssl', [
		...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
		...['-subj', '/CN=test', '-addext', `subjectAltName=${name}`, '-keyout', key, '-out', certificate],
	]);
	if (made.exitCode !== 0) throw new Error(made.stderr);
	return { certificate, key, pem: readFileSync(certificate, 'utf8') };
}
