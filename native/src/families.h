// One function for each file of system calls: it adds that family's wrappers to the addon's
// exports.

#ifndef SLIPWAY_FAMILIES_H_
#define SLIPWAY_FAMILIES_H_

#include <napi.h>

namespace slipway {

void AddBlockDevices(Napi::Env env, Napi::Object exports);
void AddConstants(Napi::Env env, Napi::Object exports);
void AddCrashGuard(Napi::Env env, Napi::Object exports);
void AddDeadline(Napi::Env env, Napi::Object exports);
void AddDescriptors(Napi::Env env, Napi::Object exports);
void AddErrors(Napi::Env env, Napi::Object exports);
void AddFiles(Napi::Env env, Napi::Object exports);
void AddLinks(Napi::Env env, Napi::Object exports);
void AddLookups(Napi::Env env, Napi::Object exports);
void AddMounts(Napi::Env env, Napi::Object exports);
void AddProcesses(Napi::Env env, Napi::Object exports);
void AddSockets(Napi::Env env, Napi::Object exports);
void AddSpawn(Napi::Env env, Napi::Object exports);
void AddSystem(Napi::Env env, Napi::Object exports);
void AddTerminals(Napi::Env env, Napi::Object exports);
void AddWatches(Napi::Env env, Napi::Object exports);

}  // namespace slipway

#endif  // SLIPWAY_FAMILIES_H_
