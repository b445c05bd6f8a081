// The profile of AppArmor that `apparmor: default` of a container names. The package `apparmor` has it compiled; PID 1 loads it.

/** `process.apparmorProfile` of the runtime-spec (config.md), and the name of the file of `guestPaths.apparmorPolicies`. */
export const defaultApparmorProfile = 'slipway-default';
