// Metadata services that answer as the clouds' documentation says, for tests.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Owner } from '../../../helpers/scratch.ts';

interface CloudAnswer {
	readonly status?: number;
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: string | Buffer;
}

/** Answers a request, or handles the response itself and returns null. */
type CloudService = (request: IncomingMessage, response: ServerResponse) => CloudAnswer | string | null;

/** Returns the address of the service; null and what is not in a table is 404. */
export async function cloudServer(t: Owner, service: CloudService): Promise<string> {
	const server = createServer((request, response) => {
		const given = service(request, response);
		if (given === null) return;
		const { status = 200, headers = {}, body = '' } = typeof given === 'string' ? { body: given } : given;
		response.writeHead(status, headers).end(body);
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	const address = server.address();
	return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

export const notFound: CloudAnswer = { status: 404, body: '<html>404 - Not Found</html>' };

function fromTable(table: Readonly<Record<string, string>>): CloudService {
	return ({ url = '' }) => (Object.hasOwn(table, url) ? (table[url] ?? '') : notFound);
}

const key = 'ssh-ed25519 AAAA somebody';
const second = 'ssh-rsa BBBB other';

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html */
const awsTable = fromTable({
	'/latest/meta-data/instance-id': 'i-1234567890abcdef0',
	'/latest/meta-data/hostname': 'ip-10-0-0-1.ec2.internal',
	'/latest/meta-data/public-keys/': '0=my-key\n1=other',
	'/latest/meta-data/public-keys/0/openssh-key': `${key}\n`,
	'/latest/meta-data/public-keys/1/openssh-key': `${second}\n`,
	'/latest/user-data': 'hello',
});

/** Version 2 alone: without a token all is 401. */
export const awsWithToken: CloudService = (request, response) => {
	if (request.url === '/latest/api/token') {
		const { 'x-aws-ec2-metadata-token-ttl-seconds': seconds } = request.headers;
		if (request.method !== 'PUT' || !(Number(seconds) >= 1)) return { status: 400 };
		return 'AQAEANc-token==';
	}
	if (request.headers['x-aws-ec2-metadata-token'] !== 'AQAEANc-token==') return { status: 401 };
	return awsTable(request, response);
};

/** Version 1, which knows no PUT. */
export const awsWithoutToken: CloudService = (request, response) =>
	request.method === 'GET' ? awsTable(request, response) : { status: 405 };

/** https://cloud.google.com/compute/docs/metadata/querying-metadata */
export const gcp: CloudService = (request, response) => {
	if (request.headers['metadata-flavor'] !== 'Google') return { status: 403 };
	const given = fromTable({
		'/computeMetadata/v1/': 'instance/\nproject/\n',
		'/computeMetadata/v1/instance/hostname': 'web.c.project.internal',
		'/computeMetadata/v1/instance/attributes/ssh-keys': `me:${key}`,
		'/computeMetadata/v1/project/attributes/ssh-keys': `you:${second}\n`,
		'/computeMetadata/v1/instance/attributes/user-data': 'hello',
	})(request, response);
	const answer = typeof given === 'string' ? { body: given } : given;
	return answer === null ? null : { ...answer, headers: { 'Metadata-Flavor': 'Google' } };
};

/** https://docs.hetzner.cloud/#server-metadata */
export const hetzner = fromTable({
	'/hetzner/v1/metadata': `hostname: web\ninstance-id: 42\npublic-ipv4: 192.0.2.1\npublic-keys:\n- ${key}\n- ${second}\nlocal-ipv4: ''\n`,
	'/hetzner/v1/userdata': 'hello',
});

/** https://docs.openstack.org/nova/latest/user/metadata.html */
export const openstack = fromTable({
	'/openstack/latest/meta_data.json': JSON.stringify({
		uuid: 'd8e02d56-2648-49a3-bf97-6be8f1204f38',
		hostname: 'web.novalocal',
		public_keys: { mykey: `${key}\n`, other: second },
		meta: {},
	}),
	'/openstack/latest/user_data': 'hello',
});

/** https://docs.digitalocean.com/reference/api/metadata/ */
export const digitalOcean = fromTable({
	'/metadata/v1/id': '2756294',
	'/metadata/v1/hostname': 'web',
	'/metadata/v1/public-keys': `${key}\n${second}`,
	'/metadata/v1/user-data': 'hello',
});

/** https://www.scaleway.com/en/docs/instances/how-to/use-cloud-init/: user data for a port below 1024 alone. */
export const scaleway: CloudService = (request, response) => {
	if (request.url === '/user_data/cloud-init')
		return (request.socket.remotePort ?? 0) < 1024 ? 'hello' : { status: 403, body: 'Forbidden' };
	return fromTable({
		'/conf?format=json': JSON.stringify({
			id: '8b5d8c3e',
			hostname: 'web',
			ssh_public_keys: [
				{ key, fingerprint: 'f' },
				{ key: second, fingerprint: 'f' },
			],
		}),
	})(request, response);
};
