import test from 'ava';
import { fixtureResult } from '../../unit/native/run-fixture.ts';

test('openUeventSocket() receives what the kernel tells, and lives through an overrun', async (t) => {
	t.deepEqual(await fixtureResult('uevents.ts', { wrapper: ['unshare', '--net', '--mount'] }), {
		event: 'change@/devices/virtual/net/lo',
		overrun: 'read: ENOBUFS',
		after: 'change@/devices/virtual/net/lo',
	});
});
