// The sentences about a container that could not be started, the same for each runtime.

export const startCauses = {
	noProgram: (program: string) => `the program ${program} is not in the container`,
	noInterpreter: (program: string) => `the interpreter of ${program} is not in the container`,
	noProgramOrInterpreter: (program: string) =>
		`the program ${program}, or its interpreter, is not in the container`,
	notExecutable: (program: string) =>
		`the program ${program} can't be executed: it is a directory, or lacks the mode x for its user`,
	otherFormat: (program: string) => `${program} is no program for this processor, and no script with #!`,
	noSource: (source: string, target: string) =>
		`${source} does not exist, which is to be mounted at ${target}`,
	noTarget: (target: string) => `${target} is not in the image, and can't be made in a read-only container`,
	noDirectory: (folder: string, cause: string) => `the working directory can't be made (${folder}): ${cause}`,
	noMemory: 'the limit of memory is too small for a start',
} as const;
