import test from 'ava';
import { addressLines, publishServed, servedPorts } from '../../../../tools/options/system-ports.ts';
import type { Plan } from '../../../../tools/resolve/plan.ts';

/** A plan with what is read of it. */
function planOf(services: readonly object[], exposed: Readonly<Record<string, object>>): Plan {
	return {
		config: { services },
		images: new Map([['image', { config: { config: { ExposedPorts: exposed } } }]]),
	} as unknown as Plan;
}

const image = 'image';

test('servedPorts() knows readiness probes and the ports of images', (t) => {
	const services = [
		{ image, ready: { tcp: 6379 } },
		{ image, ready: { http: 'http://127.0.0.1/health' } },
		{ image, ready: { http: 'http://127.0.0.1:8080/' } },
		{ image, ready: { exec: ['/bin/true'] } },
	];
	t.deepEqual(
		servedPorts(planOf(services, { '443/tcp': {}, '53/udp': {}, 9000: {}, '0/tcp': {}, x: {} })),
		[80, 443, 6379, 8080, 9000],
	);
});

test('servedPorts() leaves out services in a network of their own', (t) => {
	t.deepEqual(servedPorts(planOf([{ image, net: 'new', ready: { tcp: 1 } }], { '2/tcp': {} })), []);
});

test('servedPorts() has the ports of the system that lead to a service on a bridge', (t) => {
	const ports = ['8080:80', '127.0.0.1:81:80', '10.0.2.15:82:80', '53:53/udp'];
	const services = [{ image, net: 'bridge', ready: { tcp: 80 }, ports }];
	t.deepEqual(servedPorts(planOf(services, { '2/tcp': {} })), [82, 8080]);
});

test('publishServed() adds the ports that are not published yet', async (t) => {
	const own = { address: '0.0.0.0', hostPort: 18080, guestPort: 80, protocol: 'tcp' } as const;
	const plan = planOf([{ image, ready: { tcp: 80 } }], { '6379/tcp': {} });
	const [first, second, ...more] = await publishServed(plan, [own], false);
	t.deepEqual(first, own);
	t.like(second, { address: '127.0.0.1', guestPort: 6379, protocol: 'tcp' });
	t.deepEqual(more, []);
	t.deepEqual(addressLines([own]), ['any address:18080 -> port 80/tcp']);
});
