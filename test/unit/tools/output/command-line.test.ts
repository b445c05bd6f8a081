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

const weak = 'initcall_blacklist=ftrace_check_for_weak_functions';
test(lines, 'console=ttyS0', false, `console=ttyS0 rootfstype=ramfs cryptomgr.notests ${weak}`);
test(lines, 'console=ttyS0', true, `console=ttyS0 cryptomgr.notests ${weak}`);
test(lines, '', false, `rootfstype=ramfs cryptomgr.notests ${weak}`);
test(lines, '', true, `cryptomgr.notests ${weak}`);
test(lines, 'cryptomgr.notests=0', true, `cryptomgr.notests=0 ${weak}`);
test(lines, 'cryptomgr.panic_on_fail=1', true, `cryptomgr.panic_on_fail=1 ${weak}`);
test(lines, 'a=cryptomgr.x', true, `a=cryptomgr.x cryptomgr.notests ${weak}`);
test(lines, 'initcall_blacklist=', true, 'initcall_blacklist= cryptomgr.notests');
test(lines, 'initcall_blacklist=a_init', true, 'initcall_blacklist=a_init cryptomgr.notests');
test(lines, 'a=initcall_blacklist=b', true, `a=initcall_blacklist=b cryptomgr.notests ${weak}`);
