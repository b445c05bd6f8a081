// `service exec`: asks PID 1 which process the service's is, then does the rest by itself.

import type { Native } from '../../native/native.ts';
import type { ServiceProcess } from '../contract/protocol.ts';
import type { ControlClient } from './control-client.ts';
import type { ExecRequest } from './exec/exec-arguments.ts';
import { runInContainer } from './exec/run-in-container.ts';
import { UsageError } from './usage-error.ts';

/** The program's exit code; see `runInContainer`. */
export async function execCommand(
	client: ControlClient,
	request: ExecRequest,
	{ openNative }: { openNative(): Native },
): Promise<number> {
	const isTerminal = process.stdin.isTTY === true;
	if (request.terminal === true && !isTerminal) throw new UsageError('-t: stdin is no terminal.');
	const service = await client.request<ServiceProcess>({ command: 'process', name: request.name });
	client.close();
	return await runInContainer(openNative(), request, service, request.terminal ?? isTerminal);
}
