// `slipway completion`: prints a script with which a shell completes commands, options and their values.

import { UsageError } from '../errors.ts';
import { readArguments } from '../terminal/arguments.ts';
import type { Command } from '../terminal/command.ts';
import { bashCompletion } from '../terminal/completion/bash.ts';
import { fishCompletion } from '../terminal/completion/fish.ts';
import { zshCompletion } from '../terminal/completion/zsh.ts';

const about = `Prints a script with which the shell completes commands, options and their values. To use it in this shell, and in each
new one:

  bash  source <(slipway completion bash)       the same line in ~/.bashrc
  zsh   source <(slipway completion zsh)        the same line in ~/.zshrc, after compinit
  fish  slipway completion fish | source        slipway completion fish > ~/.config/fish/completions/slipway.fish`;

const scripts = new Map([
	['bash', bashCompletion],
	['zsh', zshCompletion],
	['fish', fishCompletion],
]);

/** @param commands - returns all commands, this one included */
export function completionCommand(commands: () => readonly Command[]): Command {
	const shells = [...scripts.keys()];
	return {
		name: 'completion',
		summary: 'print the completion script of a shell',
		operands: shells.join('|'),
		operandsComplete: shells,
		about,
		options: {},
		async run(args, streams) {
			const [shell, ...more] = readArguments(args, {}).positionals;
			const script = scripts.get(shell ?? '');
			if (script === undefined || more.length > 0)
				throw new UsageError(`completion needs the name of one shell: ${shells.join(', ')}.`);
			streams.out.write(script(commands()));
			return 0;
		},
	};
}
