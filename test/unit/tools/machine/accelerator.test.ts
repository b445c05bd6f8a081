import test from 'ava';
import { hostProcessor, processors } from '../../../../supervisor/contract/processors.ts';
import {
	chooseAccelerator,
	type HostVirtualization,
	hasVirtualizationFlag,
} from '../../../../tools/machine/accelerator.ts';

const device: HostVirtualization = { kvmDevice: true, cpuFlag: false };
const both: HostVirtualization = { kvmDevice: true, cpuFlag: true };
const flag: HostVirtualization = { kvmDevice: false, cpuFlag: true };

test('chooseAccelerator() auto takes KVM only with the device and the processor flag', (t) => {
	t.is(chooseAccelerator('auto', both), 'kvm');
	t.is(chooseAccelerator('auto', device), 'tcg');
	t.is(chooseAccelerator('auto', flag), 'tcg');
	t.is(chooseAccelerator('tcg', both), 'tcg');
});

test('chooseAccelerator() kvm says what is missing', (t) => {
	t.throws(() => chooseAccelerator('kvm', device), { message: /neither vmx nor svm/ });
	t.throws(() => chooseAccelerator('kvm', flag), { message: /\/dev\/kvm cannot be opened/ });
});

test("chooseAccelerator() emulates a processor that is not the host's", (t) => {
	const foreign = hostProcessor === processors.arm64 ? processors.amd64 : processors.arm64;
	t.is(chooseAccelerator('auto', both, foreign), 'tcg');
	t.throws(() => chooseAccelerator('kvm', both, foreign), {
		message: /KVM runs guests for \S+ here, not for/,
	});
});

test('hasVirtualizationFlag() looks at the flags line for whole words', (t) => {
	t.true(hasVirtualizationFlag('model name : X\nflags\t\t: fpu vmx sse2\n'));
	t.true(hasVirtualizationFlag('flags : fpu svm\n'));
	t.false(hasVirtualizationFlag('flags : fpu svm_lock\n'));
	t.false(hasVirtualizationFlag('vmx flags : vnmi\nflags : fpu\n'));
});
