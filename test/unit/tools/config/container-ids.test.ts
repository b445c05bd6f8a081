import test from 'ava';
import { containerIds, resolveId } from '../../../../tools/config/container-ids.ts';
import { loadConfig } from '../../../../tools/config/load-config.ts';

const text =
	'services: [{name: web, image: i}]\nonshutdown: [{name: last, image: i}]\nonboot: [{name: net, image: i}]\n';
const ids = containerIds(loadConfig([{ name: 'a.yml', text }]));

test('containerIds() counts from 100 over onboot, onshutdown and services', (t) => {
	t.deepEqual(
		[...ids],
		[
			['net', 100],
			['last', 101],
			['web', 102],
		],
	);
});

test('resolveId() accepts numbers, names, root and an absent user', (t) => {
	t.deepEqual(
		[7, 'web', 'root', '', undefined].map((id) => resolveId(id, ids)),
		[7, 102, 0, 0, 0],
	);
});

test('resolveId() refuses a name that no container has', (t) => {
	t.throws(() => resolveId('nobody', ids), { message: /"nobody" is neither a number nor the name/ });
});

test('resolveId() reads digits in quotes as a name, as LinuxKit does', (t) => {
	t.throws(() => resolveId('7', ids), {
		message: /"7" in quotes is the name of a container.+Leave out the quotes/,
	});
});
