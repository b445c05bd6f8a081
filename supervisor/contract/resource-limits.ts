/** The names of getrlimit(2) without `RLIMIT_`, by the kernel's numbers: CPU is 0 (bits/resource.h). */
export const limitNames: readonly string[] = [
	...['CPU', 'FSIZE', 'DATA', 'STACK', 'CORE', 'RSS', 'NPROC', 'NOFILE', 'MEMLOCK', 'AS', 'LOCKS'],
	...['SIGPENDING', 'MSGQUEUE', 'NICE', 'RTPRIO', 'RTTIME'],
];
