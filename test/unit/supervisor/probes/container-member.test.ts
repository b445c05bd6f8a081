import { readlinkSync } from 'node:fs';
import test from 'ava';
import { isMember, membershipOf } from '../../../../supervisor/probes/container-member.ts';
import { startStandIn } from './container-stand-in.ts';

const NOWHERE = 2 ** 22 + 1;

test('membershipOf() tells the pid namespace only where it is another', async (t) => {
	const { process: container } = await startStandIn(t, 'echo up; exec cat');
	t.is(membershipOf(process.pid)?.pidNamespace, null);
	t.is(membershipOf(container.pid)?.pidNamespace, readlinkSync(`/proc/${container.pid}/ns/pid`));
	t.is(membershipOf(NOWHERE), null);
});

test('isMember() goes by the pid namespace or the cgroups', async (t) => {
	const { process: container } = await startStandIn(t, 'echo up; exec cat');
	const pidNamespace = readlinkSync(`/proc/${container.pid}/ns/pid`);
	const elsewhere = ['0::/slipway-nowhere'];
	t.true(isMember(container.pid, { pidNamespace, cgroups: elsewhere }));
	t.false(isMember(process.pid, { pidNamespace, cgroups: elsewhere }));
	t.false(isMember(NOWHERE, { pidNamespace, cgroups: elsewhere }));
	// A container in no cgroup of its own: all processes are in the root.
	t.false(isMember(process.pid, { pidNamespace, cgroups: [] }));
	const { cgroups } = membershipOf(process.pid) ?? { cgroups: [] };
	t.is(isMember(process.pid, { pidNamespace: null, cgroups }), cgroups.length > 0);
	const deeper = cgroups.map((line) => `${line}/below`);
	t.false(isMember(process.pid, { pidNamespace: null, cgroups: [...deeper, ...elsewhere] }));
	// A name that only begins like the container's.
	const shorter = cgroups.map((line) => line.slice(0, -1));
	t.false(isMember(process.pid, { pidNamespace: null, cgroups: [...shorter, ...elsewhere] }));
});
