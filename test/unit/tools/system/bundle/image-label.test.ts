import test from 'ava';
import { labelSettings, withDefaults } from '../../../../../tools/system/bundle/image-label.ts';

test("withDefaults() adds `.add` lists to the label's and forgets them where the YAML has the whole list", (t) => {
	const label = { binds: ['/a:/a'], capabilities: ['CAP_KILL'] };
	const add = { 'binds.add': ['/b:/b'], 'capabilities.add': ['CAP_CHOWN'] };
	t.like(withDefaults(add, label), { binds: ['/a:/a', '/b:/b'], capabilities: ['CAP_KILL', 'CAP_CHOWN'] });
	t.like(withDefaults({ ...add, binds: ['/c:/c'], capabilities: [] }, label), {
		binds: ['/c:/c'],
		capabilities: [],
	});
});

test("withDefaults() takes the label's namespaces and folder where the YAML has an empty text", (t) => {
	t.like(withDefaults({ net: '', cwd: '' }, { net: 'new', cwd: '/x' }), { net: 'new', cwd: '/x' });
	t.like(withDefaults({ net: 'host' }, { net: 'new' }), { net: 'host' });
});

test('labelSettings() names the image and the place in the label', (t) => {
	const labels = { 'org.mobyproject.config': '{"capabilites": []}' };
	t.throws(() => labelSettings(labels, 'redis:7'), {
		message:
			/^label org\.mobyproject\.config of redis:7:1:2: Unknown key "capabilites" in the label\. Did you mean/,
	});
});
