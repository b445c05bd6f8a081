import test from 'ava';
import { tmpfsOptionsProblem } from '../../../../tools/config/tmpfs-options.ts';
import { problemsOf } from '../../../helpers/config-problems.ts';

test('tmpfsOptionsProblem() takes what the kernel and runc take', (t) => {
	for (const options of [
		'',
		'size=10m,mode=1777,nosuid',
		'size=50%,uid=1000,huge=within_size,noswap',
		'rslave',
	]) {
		t.is(tmpfsOptionsProblem(options.split(',')), null, options);
	}
});

const refused = test.macro({
	exec(t, option: string, expected: string) {
		t.is(tmpfsOptionsProblem(['nosuid', option]), expected);
	},
	title: (_, option) => `tmpfsOptionsProblem() refuses ${option}`,
});

test(refused, 'sise=1m', 'a tmpfs has no option "sise". Did you mean "size"?');
test(
	refused,
	'size=10MB',
	'"size=10MB" is not valid for a tmpfs. Expected a whole number of bytes, also with k, m or g, such as size=64m.',
);
test(refused, 'mode=rwx', '"mode=rwx" is not valid for a tmpfs. Expected octal digits, such as mode=1777.');
test(refused, 'uid=redis', '"uid=redis" is not valid for a tmpfs. Expected uid=NUMBER.');
test(refused, 'noswap=1', '"noswap=1" is not valid for a tmpfs. Expected "noswap".');

test('loadConfig() checks the options of tmpfs and of mounts', (t) => {
	const of = (keys: string) => problemsOf(`services: [{name: s, image: i, ${keys}}]`);
	t.regex(of('tmpfs: ["/tmp:sice=1m"]'), /tmpfs: a tmpfs has no option "sice"/);
	const mount = (options: string) => of(`mounts: [{type: tmpfs, destination: /x, options: [${options}]}]`);
	t.regex(mount('size=1x'), /mounts: "size=1x" is not valid for a tmpfs/);
	t.is(mount('size=1m'), '');
	t.is(of('mounts: [{type: bind, source: /a, destination: /x, options: [bogus]}]'), '');
});
