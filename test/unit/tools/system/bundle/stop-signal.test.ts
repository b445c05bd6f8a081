import test from 'ava';
import { loadConfig } from '../../../../../tools/config/load-config.ts';
import { openImageStore } from '../../../../../tools/images/store.ts';
import { parseStopSignal } from '../../../../../tools/system/bundle/stop-signal.ts';
import { supervisionOf } from '../../../../../tools/system/bundle/supervision.ts';
import { systemTree } from '../../../../../tools/system/system-tree.ts';
import { offlinePlan } from '../../../../helpers/plan.ts';
import { scratchFolder } from '../../../../helpers/scratch.ts';
import { putTestImage } from '../../../../helpers/tar.ts';

const parsed = test.macro({
	exec(t, text: string | undefined, expected: string | null) {
		t.is(parseStopSignal(text), expected);
	},
	title: (_, text, expected) => `parseStopSignal() of ${text} is ${expected}`,
});

test(parsed, undefined, null);
test(parsed, 'SIGTERM', 'SIGTERM');
test(parsed, 'quit', 'SIGQUIT');
test(parsed, '2', 'SIGINT');
test(parsed, '28', 'SIGWINCH');
test(parsed, '0', null);
test(parsed, '99', null);
test(parsed, '-1', null);
test(parsed, '', null);
test(parsed, 'SIGRTMIN+3', 'SIGRTMIN+3');
test(parsed, 'rtmin+3', 'SIGRTMIN+3');
test(parsed, '37', 'SIGRTMIN+3');
test(parsed, '32', null);
test(parsed, 'SIGRTMIN+99', null);
test(parsed, 'constructor', null);

test("systemTree() writes the image's StopSignal unless the YAML has one", async (t) => {
	const store = openImageStore(scratchFolder(t));
	const program = [{ name: 'app', body: 'app', mode: 0o755 }];
	await putTestImage(store, 't/quit:v1', program, { Cmd: ['/app'], StopSignal: 'SIGQUIT' });
	await putTestImage(store, 't/systemd:v1', program, { Cmd: ['/app'], StopSignal: 'SIGRTMIN+3' });
	await putTestImage(store, 't/odd:v1', program, { Cmd: ['/app'], StopSignal: 'SIGRTMIN+3\u001b[2J' });
	const text = `services:
  - {name: a, image: "t/quit:v1"}
  - {name: b, image: "t/quit:v1", stop: {timeout: 3s}}
  - {name: c, image: "t/quit:v1", stop: {signal: SIGINT}}
  - {name: d, image: "t/odd:v1"}
  - {name: e, image: "t/odd:v1", stop: {signal: SIGINT}}
  - {name: g, image: "t/systemd:v1"}
  - {name: h, image: "t/quit:v1", stop: {signal: SIGRTMIN+3}}
onboot:
  - {name: f, image: "t/quit:v1"}
`;
	const plan = await offlinePlan(loadConfig([{ name: 'a.yml', text }]), store);
	const found: Record<string, unknown> = {};
	for (const segment of systemTree(plan, store.blobs)) {
		for await (const entry of segment.entries([])) {
			if (entry.kind !== 'file' || !entry.path.endsWith('/supervision.json')) continue;
			const parts: Uint8Array[] = [];
			for await (const part of entry.content()) parts.push(part);
			found[entry.path.split('/').at(-2) ?? ''] = JSON.parse(Buffer.concat(parts).toString()).stop;
		}
	}
	t.deepEqual(found, {
		a: { signal: 'SIGQUIT' },
		b: { signal: 'SIGQUIT', timeoutMs: 3000 },
		c: { signal: 'SIGINT' },
		e: { signal: 'SIGINT' },
		g: { signal: 'SIGRTMIN+3' },
		h: { signal: 'SIGRTMIN+3' },
	});
});

test('supervisionOf() has no file for the signal that is sent in any case', (t) => {
	const [service] = loadConfig([{ name: 'a.yml', text: 'services: [{name: a, image: i}]' }]).services;
	if (service === undefined) throw new Error('no service');
	t.is(supervisionOf(service, { StopSignal: 'SIGTERM' }), null);
	t.is(supervisionOf(service, { StopSignal: 'nonsense' }), null);
	t.deepEqual(supervisionOf(service, { StopSignal: '15' }), null);
});
