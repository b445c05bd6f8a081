// The addon's entry. Context-aware: every environment (the main thread, each worker) gets its own
// exports.

#include "families.h"

namespace slipway {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
#define SLIPWAY_ADD(family) Add##family(env, exports);
  SLIPWAY_FAMILIES(SLIPWAY_ADD)
#undef SLIPWAY_ADD
  return exports;
}

}  // namespace slipway

static Napi::Object InitAddon(Napi::Env env, Napi::Object exports) {
  return slipway::Init(env, exports);
}

NODE_API_MODULE(slipway, InitAddon)
