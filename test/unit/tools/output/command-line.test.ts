import test from 'ava';
import { systemCommandLine } from '../../../../tools/output/command-line.ts';
import { withRootType } from '../../../../tools/output/root-type.ts';

const lines = test.macro({
	exec(t, fromYaml: string, hasAttributes: boolean, expected: string) {
		t.is(systemCommandLine(withRootType(fromYaml, hasAttributes)), expected);
	},
	title: (_, fromYaml, hasAttributes) =>
		`systemCommandLine() "${fromYaml}"${hasAttributes ? ' and extended attributes' : ''}`,
});

test(lines, 'console=ttyS0', false, 'console=ttyS0 rootfstype=ramfs cryptomgr.notests');
test(lines, 'console=ttyS0', true, 'console=ttyS0 cryptomgr.notests');
test(lines, '', false, 'rootfstype=ramfs cryptomgr.notests');
test(lines, '', true, 'cryptomgr.notests');
test(lines, 'cryptomgr.notests=0', true, 'cryptomgr.notests=0');
test(lines, 'cryptomgr.panic_on_fail=1', true, 'cryptomgr.panic_on_fail=1');
test(lines, 'a=cryptomgr.x', true, 'a=cryptomgr.x cryptomgr.notests');
