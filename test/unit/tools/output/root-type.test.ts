import test from 'ava';
import { isLimitedToHalf, withRootType } from '../../../../tools/output/root-type.ts';

test('isLimitedToHalf() goes by the last rootfstype', (t) => {
	t.true(isLimitedToHalf('console=ttyS0'));
	t.false(isLimitedToHalf('rootfstype=tmpfs rootfstype=ramfs'));
	t.true(isLimitedToHalf('rootfstype=ramfs rootfstype=tmpfs'));
});

const roots = test.macro({
	exec(t, line: string, hasAttributes: boolean, expected: string) {
		t.is(withRootType(line, hasAttributes), expected);
	},
	title: (_, line, hasAttributes) =>
		`withRootType() ${line}${hasAttributes ? ' and extended attributes' : ''}`,
});

test(roots, 'console=ttyS0', false, 'console=ttyS0 rootfstype=ramfs');
test(roots, '', false, 'rootfstype=ramfs');
test(roots, 'slipway.root=copy', false, 'slipway.root=copy rootfstype=ramfs');
test(roots, 'console=ttyS0', true, 'console=ttyS0');
for (const line of ['rootfstype=tmpfs', 'a root=/dev/vda', 'slipway.root=rw', 'slipway.root=bind,rw']) {
	test(roots, line, false, line);
}
