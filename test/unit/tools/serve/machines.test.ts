import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ConfigError } from '../../../../tools/config/config-error.ts';
import { SlipwayError } from '../../../../tools/errors.ts';
import { findMachine, loadMachines, parseMac } from '../../../../tools/serve/machines.ts';
import { scratchFolder } from '../../../helpers/scratch.ts';

const uuid = '2b6d4f0e-5c1b-4a5c-9f0e-1d2c3b4a5968';

test('loadMachines() reads machines and the default', async (t) => {
	const folder = scratchFolder(t);
	writeFileSync(join(folder, 'db.json'), '{"a":1}');
	const file = join(folder, 'machines.yml');
	writeFileSync(
		file,
		`machines:
  - {name: web1, mac: "52-54-00-AB-34-56", system: a/web, append: quiet, hostname: web1, userData: hello}
  - {name: db, uuid: ${uuid.toUpperCase()}, userDataFile: db.json}
default: {system: other}
`,
	);
	const machines = await loadMachines(file);
	const nothing = { mac: null, uuid: null, system: null, append: '', hostname: null, userData: null };
	t.deepEqual(machines, [
		{
			...nothing,
			name: 'web1',
			mac: '52:54:00:ab:34:56',
			system: 'a/web',
			append: 'quiet',
			hostname: 'web1',
			userData: 'hello',
		},
		{ ...nothing, name: 'db', uuid, userData: '{"a":1}' },
		{ ...nothing, name: 'default', system: 'other' },
	]);
	t.is(findMachine(machines, '52:54:00:ab:34:56', null)?.name, 'web1');
	t.is(findMachine(machines, null, uuid)?.name, 'db');
	t.is(findMachine(machines, null, null)?.name, 'default');
	t.is(findMachine(machines.slice(0, 2), '52:54:00:ab:34:57', null), null);
});

test('findMachine() asks for both addresses where a machine has both', (t) => {
	const machine = {
		name: 'a',
		mac: '00:00:00:00:00:01',
		uuid,
		system: null,
		append: '',
		hostname: null,
		userData: null,
	};
	t.is(findMachine([machine], machine.mac, uuid), machine);
	t.is(findMachine([machine], machine.mac, null), null);
});

const wrong: readonly [title: string, text: string, expected: RegExp][] = [
	['no address', 'machines:\n  - {name: a}\n', /:2:5: .*needs "mac" or "uuid"/],
	['a wrong MAC', 'machines:\n  - name: a\n    mac: 52:54\n', /:3:10: .*no MAC address/],
	['a wrong UUID', 'machines:\n  - {name: a, uuid: x}\n', /:2:21: .*no UUID/],
	[
		'two of one name',
		'machines:\n  - {name: a, uuid: U}\n  - {name: a, uuid: U}\n'.replaceAll('U', uuid),
		/:3:\d+: /,
	],
	['the name "default"', `machines: [{name: default, uuid: ${uuid}}]`, /:1:19: .*no name of a machine/],
	['an unknown key', 'default: {sistem: web}', /:1:11: .*system/],
	['a system outside', 'default: {system: ../web}', /:1:19: .*no name of a system/],
	['a variable of iPXE', 'default: {append: "a=${net0/ip}"}', /:1:19: .*iPXE would read/],
	['a command of iPXE', 'default: {append: "a || shell"}', /:1:19: .*iPXE would read/],
	['user data twice', 'default: {userData: a, userDataFile: b}', /:1:10: userData and userDataFile exclude/],
	['no list', 'machines: 5', /:1:11: /],
	['no YAML', 'machines: [', /:1:\d+: /],
];
for (const [title, text, expected] of wrong) {
	test(`loadMachines() says where a file has ${title}`, async (t) => {
		const file = join(scratchFolder(t), 'machines.yml');
		writeFileSync(file, text);
		const error = await t.throwsAsync(loadMachines(file), { instanceOf: ConfigError });
		t.true(error.message.startsWith(file));
		t.regex(error.message, expected);
	});
}

test('loadMachines() says which file of user data is missing, and where it is named', async (t) => {
	const file = join(scratchFolder(t), 'machines.yml');
	writeFileSync(file, 'default: {userDataFile: none}');
	const error = await t.throwsAsync(loadMachines(file), { instanceOf: SlipwayError });
	t.regex(error.message, /machines\.yml:1:10: userDataFile .*none can't be read/);
});

test('parseMac() reads the usual forms and no mixed one', (t) => {
	for (const text of ['52:54:00:12:34:Ab', '52-54-00-12-34-ab', '5254001234AB'])
		t.is(parseMac(text), '52:54:00:12:34:ab');
	for (const text of ['', '52:54:00:12:34', '52:54-00:12:34:ab', '52:54:00:12:34:ab:cd', 'x'.repeat(12)])
		t.is(parseMac(text), null, text);
});
