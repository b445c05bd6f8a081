// The commands of `slipway` under the headings of its list, in the order of a system's life.

import { buildCommand } from './commands/build.ts';
import { cacheExportCommand } from './commands/cache-export.ts';
import { cacheImportCommand } from './commands/cache-import.ts';
import { cacheLsCommand } from './commands/cache-ls.ts';
import { cachePruneCommand } from './commands/cache-prune.ts';
import { cachePullCommand } from './commands/cache-pull.ts';
import { cachePushCommand } from './commands/cache-push.ts';
import { cacheRmCommand } from './commands/cache-rm.ts';
import { completionCommand } from './commands/completion.ts';
import { consoleCommand } from './commands/console.ts';
import { cpCommand } from './commands/cp.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { devCommand } from './commands/dev.ts';
import { diffCommand } from './commands/diff.ts';
import { doctorCommand } from './commands/doctor.ts';
import { execCommand } from './commands/exec.ts';
import { explainCommand } from './commands/explain.ts';
import { inspectCommand } from './commands/inspect.ts';
import { keysNewCommand } from './commands/keys-new.ts';
import { killCommand } from './commands/kill.ts';
import { logsCommand } from './commands/logs.ts';
import { newCommand } from './commands/new.ts';
import { pkgBuildCommand } from './commands/pkg-build.ts';
import { pkgLsCommand } from './commands/pkg-ls.ts';
import { pkgNewCommand } from './commands/pkg-new.ts';
import { pkgPushCommand } from './commands/pkg-push.ts';
import { psCommand } from './commands/ps.ts';
import { restartCommand } from './commands/restart.ts';
import { rmCommand } from './commands/rm.ts';
import { runCommand } from './commands/run.ts';
import { runInCommand } from './commands/run-in.ts';
import { schemaCommand } from './commands/schema.ts';
import { serveCommand } from './commands/serve.ts';
import { serviceCommand } from './commands/service.ts';
import { statsCommand } from './commands/stats.ts';
import { stopCommand } from './commands/stop.ts';
import { testCommand } from './commands/test.ts';
import { topCommand } from './commands/top.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { waitCommand } from './commands/wait.ts';
import type { Command } from './terminal/command.ts';

export interface CommandGroup {
	readonly heading: string;
	readonly members: readonly Command[];
}

export const commandGroups: readonly CommandGroup[] = [
	{
		heading: 'Describe and build a system',
		members: [newCommand, buildCommand, validateCommand, schemaCommand],
	},
	{
		heading: 'Boot it',
		members: [runCommand, upCommand, devCommand, testCommand],
	},
	{
		heading: 'Machines',
		members: [psCommand, consoleCommand, stopCommand, restartCommand, killCommand, waitCommand, rmCommand],
	},
	{
		heading: 'Inside a running system',
		members: [
			serviceCommand,
			execCommand,
			runInCommand,
			logsCommand,
			cpCommand,
			topCommand,
			statsCommand,
			dashboardCommand,
		],
	},
	{
		heading: 'What is in a system',
		members: [explainCommand, diffCommand, inspectCommand],
	},
	{
		heading: 'Network boot and Secure Boot',
		members: [serveCommand, keysNewCommand],
	},
	{
		heading: 'Packages',
		members: [pkgBuildCommand, pkgLsCommand, pkgNewCommand, pkgPushCommand],
	},
	{
		heading: 'The local image store',
		members: [
			cacheLsCommand,
			cachePullCommand,
			cachePushCommand,
			cacheImportCommand,
			cacheExportCommand,
			cacheRmCommand,
			cachePruneCommand,
		],
	},
	{
		heading: 'This machine and its shell',
		members: [doctorCommand, completionCommand(() => commandGroups.flatMap(({ members }) => members))],
	},
];
