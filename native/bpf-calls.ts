// The calls for BPF programs of cgroups.

import { argument, call, none, number } from './call.ts';
import { bytes, descriptor, int } from './check.ts';

const programType = argument<[programType: number]>('programType', int);
const instructions = argument<[instructions: Uint8Array]>('instructions', bytes);
const cgroupFd = argument<[cgroupFd: number]>('cgroupFd', descriptor);
const programFd = argument<[programFd: number]>('programFd', descriptor);
const attachType = argument<[attachType: number]>('attachType', int);

export const bpfCalls = {
	/** Loads a program of a type `BPF_PROG_TYPE_*` (`bpf(2)`, BPF_PROG_LOAD); returns a descriptor of it. */
	bpfLoad: call('bpf', [programType, instructions], number),
	/** Attaches a program to a cgroup beside those that are there (BPF_PROG_ATTACH). The cgroup keeps it. */
	bpfAttach: call('bpf', [cgroupFd, programFd, attachType], none),
};
