import test from 'ava';
import { appletMounts, withApplets } from '../../../../../tools/system/bundle/applets.ts';
import { containerMounts } from '../../../../../tools/system/bundle/container-mounts.ts';

const labels = { 'org.slipway.applets': '["/usr/bin/tool"]' };
const binds = ['/lib/slipway on /lib/slipway: bind,ro', '/init on /usr/bin/tool: bind,ro'];

const binding = test.macro({
	exec(t, settings: Parameters<typeof withApplets>[0], expected: readonly string[]) {
		const given = new Set(containerMounts({}).map(({ destination }) => destination));
		const added = containerMounts(withApplets(settings, labels, 'tool:1'))
			.filter(({ destination }) => !given.has(destination))
			.map(({ source, destination, options }) => `${source} on ${destination}: ${options?.join()}`);
		t.deepEqual(added, expected);
	},
	title: (what) => `withApplets() binds the executable ${what}`,
});

test('where the YAML says nothing', binding, {}, binds);
test('beside the binds of the YAML', binding, { binds: ['/a:/a:ro'] }, ['/a on /a: ro,rbind', ...binds]);
test(
	"once, where the image's settings have it too",
	binding,
	{ mounts: appletMounts(['/usr/bin/tool']) },
	binds,
);
test(
	'over what the YAML puts in its place',
	binding,
	{ binds: ['/a:/usr/bin/tool'], mounts: [{ type: 'tmpfs', destination: '/lib/slipway' }] },
	binds,
);

test('withApplets() leaves the containers of other images as they are', (t) => {
	const settings = { binds: ['/a:/a'] };
	t.is(withApplets(settings, {}, 'x'), settings);
	t.is(withApplets(settings, undefined, 'x'), settings);
});

for (const label of ['["tool"]', '["/a/../b"]', '"/usr/bin/tool"', '[1]', 'x']) {
	test(`withApplets() names the image that has the label ${label}`, (t) => {
		t.throws(() => withApplets({}, { 'org.slipway.applets': label }, 'tool:1'), {
			code: 'BAD_IMAGE',
			message: /org\.slipway\.applets of tool:1 is .* Expected a list of absolute paths\.$/,
		});
	});
}
