// A test of wrong arguments: an applet refuses them before it asks the kernel for anything.

import test from 'ava';
import { type Applet, AppletError } from '../../../../pkg/applet/applet.ts';

/** A host that no applet of these tests may ask for a system call. */
export const idleHost = {
	native: () => {
		throw new Error('not to be called');
	},
	print: () => undefined,
	warn: () => undefined,
};

export const refuses = test.macro({
	async exec(t, applet: Applet, args: readonly string[], exitCode: number, message: RegExp) {
		const error = await t.throwsAsync(async () => await applet(args, idleHost), { instanceOf: AppletError });
		t.is(error.exitCode, exitCode);
		t.regex(error.message, message);
	},
	title: (_, applet: Applet, args: readonly string[]) => `${applet.name} ${args.join(' ')} is refused`,
});
