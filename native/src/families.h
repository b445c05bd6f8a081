// The list of families of system calls, one a source file. Each file defines `Add<Family>`, which
// adds the family's wrappers to the addon's exports; this list declares it here and calls it in
// addon.cc.

#ifndef SLIPWAY_FAMILIES_H_
#define SLIPWAY_FAMILIES_H_

#include <napi.h>

#define SLIPWAY_FAMILIES(FAMILY) \
  FAMILY(BlockDevices)           \
  FAMILY(Bpf)                    \
  FAMILY(Constants)              \
  FAMILY(CrashGuard)             \
  FAMILY(Deadline)               \
  FAMILY(Descriptors)            \
  FAMILY(Errors)                 \
  FAMILY(Files)                  \
  FAMILY(Mounts)                 \
  FAMILY(Netlink)                \
  FAMILY(NetworkNamespaces)      \
  FAMILY(Openat2)                \
  FAMILY(OwnMemory)              \
  FAMILY(Poll)                   \
  FAMILY(Processes)              \
  FAMILY(Seccomp)                \
  FAMILY(Sockets)                \
  FAMILY(Spawn)                  \
  FAMILY(System)                 \
  FAMILY(Terminals)

namespace slipway {

#define SLIPWAY_DECLARE(family) void Add##family(Napi::Env env, Napi::Object exports);
SLIPWAY_FAMILIES(SLIPWAY_DECLARE)
#undef SLIPWAY_DECLARE

}  // namespace slipway

#endif  // SLIPWAY_FAMILIES_H_
