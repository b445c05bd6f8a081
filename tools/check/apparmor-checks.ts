// The check of containers with `apparmor: default`: PID 1 does not start them where the profile or the kernel's AppArmor is missing, and
// the profile holds the paths of /proc and /sys alone.

import { defaultApparmorProfile } from '../../supervisor/contract/apparmor.ts';
import { guestPaths } from '../../supervisor/contract/layout.ts';
import type { SeccompProfile } from '../../supervisor/contract/runtime-spec.ts';
import type { ContainerConfig } from '../config/system-config.ts';
import type { ValuePath } from '../config/value-position.ts';
import type { Finding } from './finding.ts';
import type { CheckedContainer, CheckedSystem } from './system.ts';

export function apparmorFindings(system: CheckedSystem): readonly Finding[] {
	const confined = system.containers.filter(({ spec }) => spec.process.apparmorProfile !== undefined);
	const [first] = confined;
	if (first === undefined) return [];
	return [...profileFindings(system, first), ...kernelFindings(system), ...confined.flatMap(wayFindings)];
}

/** Says nothing about a part of a system, which has no init. */
function profileFindings({ root }: CheckedSystem, { config }: CheckedContainer): Finding[] {
	const path = `${guestPaths.apparmorPolicies}/${defaultApparmorProfile}`;
	if (root?.has('/init') !== true || root.has(path)) return [];
	const message =
		`${config.name}: no image of "init" has the profile of "apparmor: default" (${path}), without which PID 1 does not start it. ` +
		'Add slipway/apparmor:v1 to "init".';
	return [found('error', config, message)];
}

function kernelFindings({ plan }: CheckedSystem): Finding[] {
	const { kernel } = plan.config;
	const word = (kernel?.cmdline ?? '').split(/\s+/).findLast(turnsOff);
	if (kernel === null || word === undefined) return [];
	const message = `"${word}" turns off AppArmor, without which PID 1 does not start containers with "apparmor: default". Leave it out.`;
	return [{ check: 'apparmor', severity: 'error', at: kernel.at, path: ['cmdline'], message }];
}

/** Reports whether a word of the command line leaves the kernel without AppArmor (kernel-parameters.txt). */
function turnsOff(word: string): boolean {
	const [, name = '', value = ''] = /^(apparmor|security|lsm)=(.*)$/.exec(word) ?? [];
	if (name === 'apparmor') return value === '0';
	return name !== '' && !value.split(',').includes('apparmor');
}

/** What the YAML itself gives a container beside the paths that the profile holds. */
function wayFindings({ config, spec }: CheckedContainer): Finding[] {
	const mount = (spec.mounts ?? []).find(({ type, source = '', destination, options = [] }) => {
		const isReadonly = options.includes('rro') || (options.includes('ro') && !hasMounts(source));
		const kernels = ['proc', 'sysfs'].includes(type ?? '') || /^\/(?:$|(?:proc|sys)(?:\/|$))/.test(source);
		return !isReadonly && kernels && !/^\/(?:proc|sys)(?:\/|$)/.test(destination);
	});
	const isFree = allowsMounts(spec.linux?.seccomp) && isAdmin(spec.process.capabilities?.bounding ?? []);
	return [
		...(mount === undefined
			? []
			: [
					found(
						'warning',
						config,
						`${config.name}: AppArmor's profile knows the kernel's files below /proc and /sys, and not at ${mount.destination}, where ` +
							'they are mounted, too. Leave that mount out.',
					),
				]),
		...(isFree
			? [
					found(
						'warning',
						config,
						`${config.name}: a container with CAP_SYS_ADMIN whose seccomp profile allows it can make mounts that AppArmor does not see ` +
							'(fsmount(2), open_tree(2)). Leave out "seccomp", whose default refuses them.',
					),
				]
			: []),
	];
}

/** Reports whether more is mounted below a directory of the kernel's files, which a read-only bind of it leaves writable (mount(8)). */
function hasMounts(directory: string): boolean {
	return /^\/(?:proc(?:\/sys(?:\/fs)?)?|sys(?:\/fs|\/kernel)?)?$/.test(directory);
}

function allowsMounts(seccomp: SeccompProfile | undefined): boolean {
	if (seccomp === undefined) return true;
	const rules = (seccomp.syscalls ?? []).filter(({ names }) =>
		names.some((name) => name === 'fsmount' || name === 'open_tree'),
	);
	const actions = rules.length === 0 ? [seccomp.defaultAction] : rules.map(({ action }) => action);
	return actions.some((action) => action === 'SCMP_ACT_ALLOW' || action === 'SCMP_ACT_LOG');
}

function isAdmin(capabilities: readonly string[]): boolean {
	return capabilities.includes('CAP_SYS_ADMIN');
}

/** The value may be of `defaults` or of a label, so the container's own place is named then. */
function found(severity: Finding['severity'], config: ContainerConfig, message: string): Finding {
	const path: ValuePath = config.apparmor === undefined ? [] : ['apparmor'];
	return { check: 'apparmor', severity, at: config.at, path, message };
}
