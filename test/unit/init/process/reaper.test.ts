import test from 'ava';
import { Reaper } from '../../../../init/process/reaper.ts';
import { parseProcessStat } from '../../../../native/linux/proc-stat.ts';
import type { ChildExit, SpawnRequest } from '../../../../native/native.ts';
import { createFakeNative } from '../../../helpers/fake-native.ts';

const request: SpawnRequest = { path: '/bin/x', args: ['x'], env: [], stdio: [0, 1, 2] };
const exitOf = (pid: number, exitCode = 0): ChildExit => ({ pid, exitCode, signal: null });

function setUp(parents: Readonly<Record<number, number>> = {}) {
	const exits: ChildExit[] = [];
	let nextPid = 100;
	const { native } = createFakeNative({
		spawn: () => nextPid++,
		waitpid: () => exits.shift() ?? null,
	});
	return { exits, reaper: new Reaper(native, (pid) => parents[pid] ?? null) };
}

test('Reaper resolves the promise of the child that exited', async (t) => {
	const { exits, reaper } = setUp();
	const first = reaper.start(request);
	const second = reaper.start(request);
	exits.push(exitOf(second.pid, 7), exitOf(first.pid));
	reaper.reap();
	t.is((await second.exited).exitCode, 7);
	t.is((await first.exited).exitCode, 0);
});

test('Reaper.start() applies the defaults, unless the request has its own value', (t) => {
	const { native, calls } = createFakeNative({ spawn: () => 7 });
	const reaper = new Reaper(native, () => null, { oomScoreAdj: 0 });
	reaper.start(request);
	reaper.start({ ...request, oomScoreAdj: 500 });
	t.deepEqual(
		calls.map(({ args }) => (args[0] as SpawnRequest).oomScoreAdj),
		[0, 500],
	);
});

test('Reaper.reap() reaps all exits of one signal, orphans included', (t) => {
	const { exits, reaper } = setUp();
	exits.push(exitOf(1), exitOf(2), exitOf(3));
	reaper.reap();
	t.is(reaper.reapedCount, 3);
	t.is(exits.length, 0);
});

test('Reaper.adopt() returns an exit from before the call', async (t) => {
	const { exits, reaper } = setUp();
	exits.push(exitOf(42, 3));
	reaper.reap();
	t.is((await reaper.adopt(42)?.exited)?.exitCode, 3);
	t.is(reaper.adopt(42), null, 'once');
});

test('Reaper.adopt() waits for a child of PID 1', async (t) => {
	const { exits, reaper } = setUp({ 42: process.pid });
	const child = reaper.adopt(42);
	t.is(reaper.adopt(42), child, 'the same for everyone who asks');
	exits.push(exitOf(42));
	reaper.reap();
	t.is((await child?.exited)?.pid, 42);
});

test('Reaper.adopt() is null for another’s child and for no process', (t) => {
	const { reaper } = setUp({ 42: process.pid + 1 });
	t.is(reaper.adopt(42), null);
	t.is(reaper.adopt(43), null);
});

test('Reaper.start() forgets the exit of an older process with the same pid', async (t) => {
	const { exits, reaper } = setUp();
	exits.push(exitOf(100, 9));
	reaper.reap();
	const child = reaper.start(request);
	exits.push(exitOf(100, 1));
	reaper.reap();
	t.is((await child.exited).exitCode, 1);
});

test('Reaper remembers a bounded number of orphans', (t) => {
	const { exits, reaper } = setUp();
	for (let pid = 2; pid < 2002; pid += 1) exits.push(exitOf(pid));
	reaper.reap();
	t.is(reaper.adopt(2), null, 'the oldest is forgotten');
	t.not(reaper.adopt(2001), null);
});

test('parseProcessStat(): a process named ") 1 (x"', (t) => {
	const text = '77 () 1 (x) S 5 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4711 0';
	const facts = { name: ') 1 (x', parentPid: 5, isKernelThread: false, isZombie: false, startTicks: '4711' };
	t.deepEqual(parseProcessStat(text), facts);
});

test('parseProcessStat(): kernel threads, zombies, and a process whose first thread has ended', (t) => {
	const thread = '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 12 0';
	t.like(parseProcessStat(thread), { name: 'kthreadd', isKernelThread: true, isZombie: false });
	const zombie = '7 (sh) Z 1 7 7 0 -1 4194564 0 0 0 0 0 0 0 0 20 0 1 0 99 0';
	t.like(parseProcessStat(zombie), { isKernelThread: false, isZombie: true });
	const leaderless = '7 (sh) Z 1 7 7 0 -1 4194564 0 0 0 0 0 0 0 0 20 0 2 0 99 0';
	t.like(parseProcessStat(leaderless), { isKernelThread: false, isZombie: false });
});
