// Opens the output of a service: its FIFOs, its log, and a forwarder if the rules have one.

import { errorMessage } from '../../native/text/error-message.ts';
import type { SupervisorContext } from '../context/supervisor-context.ts';
import { type GuestPaths, stateFiles } from '../contract/layout.ts';
import type { LogRules, ServiceRules } from '../contract/supervision.ts';
import { serviceLogPath } from '../logs/log-files.ts';
import { createForwarder, receiverOf } from '../logs/log-forwarder.ts';
import type { RingObserver } from '../logs/log-ring.ts';
import { openServiceLog, type RecordTaker, type ServiceLog, type StreamPaths } from '../logs/service-log.ts';

/** Returns the paths of the FIFOs. They are in `/run` and outlive a crash of PID 1, with their content. */
export function serviceFifos(paths: GuestPaths, name: string): StreamPaths {
	const { fifo } = stateFiles(paths);
	return { stdout: fifo(name, 'out'), stderr: fifo(name, 'err') };
}

export function openServiceOutput(
	context: SupervisorContext,
	paths: GuestPaths,
	name: string,
	rules: ServiceRules['log'],
): ServiceLog {
	const { log, native } = context;
	const path = serviceLogPath(paths.log, name);
	const observer: RingObserver = {
		onTrouble(error) {
			const reason = errorMessage(error);
			log.warn({ service: name }, `service ${name}: its output is being lost: ${reason}`);
		},
		onRecovered(lostLines) {
			log.warn({ service: name, lostLines }, `service ${name}: ${lostLines} lines are missing in ${path}`);
		},
	};
	return openServiceLog({
		native,
		path,
		observer,
		fifos: serviceFifos(paths, name),
		limits: { maxBytes: rules.maxBytes, maxFiles: rules.maxFiles },
		forwarder: forwarderOf(context, name, rules),
		wallClock: Date.now,
		now: context.now,
	});
}

function forwarderOf(context: SupervisorContext, name: string, rules: LogRules): RecordTaker | null {
	try {
		const receiver = receiverOf(rules, name, context.log.show);
		if (receiver === null) return null;
		const where = rules.address ?? 'the console';
		return createForwarder(receiver, {
			onAbsent(error) {
				const reason = errorMessage(error);
				context.log.warn(
					{ service: name },
					`service ${name}: its log can't be sent to ${where}: ${reason}; it is tried again`,
				);
			},
			onBack: () => context.log.info({ service: name }, `service ${name}: its log is sent to ${where} again`),
		});
	} catch (error) {
		const reason = errorMessage(error);
		context.log.error({ service: name }, `service ${name}: its log is not forwarded: ${reason}`);
		return null;
	}
}
