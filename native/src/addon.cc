// The addon's entry. Context-aware: every environment (the main thread, each worker) gets its own
// exports.

#include "families.h"

namespace slipway {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  AddBlockDevices(env, exports);
  AddConstants(env, exports);
  AddCrashGuard(env, exports);
  AddDeadline(env, exports);
  AddDescriptors(env, exports);
  AddErrors(env, exports);
  AddFiles(env, exports);
  AddLinks(env, exports);
  AddLookups(env, exports);
  AddMounts(env, exports);
  AddProcesses(env, exports);
  AddSockets(env, exports);
  AddSpawn(env, exports);
  AddSystem(env, exports);
  AddTerminals(env, exports);
  AddWatches(env, exports);
  return exports;
}

}  // namespace slipway

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return slipway::Init(env, exports);
}

NODE_API_MODULE(slipway, InitAddon)
