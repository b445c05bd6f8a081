import test from 'ava';
import { boundTo, inheritedSocket } from '../../../../supervisor/probes/inherited-socket.ts';

const table = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 16801 /run/slipway/control.sock
0000000000000000: 00000003 00000000 00000000 0001 03 17001
ffff8881234abcde: 00000002 00000000 00000000 0002 01 17002 /run/slipway/notify/a b/socket
0000000000000000: 00000002 00000000 00000000 0002 01 17003 @/run/slipway/notify/app/socket
0000000000000000: 00000002 00000000 00000000 0002 01 17004 /run/slipway/notify/app/socket
0000000000000000: 00000002 00000000 00000000 0002 01 17005 /run/slipway/notify/app/socket
`;

test('boundTo() finds the inodes of the sockets with exactly this path', (t) => {
	t.deepEqual(boundTo('/run/slipway/notify/app/socket', table), ['17004', '17005']);
	t.deepEqual(boundTo('/run/slipway/notify/a b/socket', table), ['17002']);
	t.deepEqual(boundTo('socket', table), []);
	t.deepEqual(boundTo('', table), []);
});

test('inheritedSocket() returns null when nothing is there', (t) => {
	t.is(inheritedSocket('/nowhere/socket'), null);
	t.is(inheritedSocket('/'), null);
});
