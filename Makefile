# Slipway's targets; `make help` lists them. Everything that is made goes to build/ (or node_modules/).

# What the build and `make run` call, beside the C++ compiler: QEMU, and the tools of recipes and root images.
RUN_DEBIAN_PACKAGES = qemu-system-x86 patchelf binutils kmod lz4
# What single output formats and `slipway run` of their files call; "slipway doctor" says which needs which.
MEDIA_DEBIAN_PACKAGES = systemd-boot-efi isolinux syslinux syslinux-common mtools ovmf sbsigntool swtpm openssl \
	fakeroot squashfs-tools xorriso
LINT_DEBIAN_PACKAGES = clang-format shellcheck
# For `make packages ARCH=arm64`: Debian's cross compilers, and what runs the other processor's Node to compile scripts.
CROSS_DEBIAN_PACKAGES = g++-aarch64-linux-gnu qemu-user-static
# What the tests call in addition, most of it for a second opinion on what the product writes and reads.
TEST_DEBIAN_PACKAGES = qemu-system-arm qemu-efi-aarch64 util-linux procps iproute2 runc busybox-static skopeo umoci cpio zstd libcap2-bin e2fsprogs curl \
	redis-tools qemu-utils xz-utils fdisk dosfstools exfatprogs xfsprogs btrfs-progs cryptsetup-bin \
	erofs-utils openssh-client chromium-headless-shell mandoc mmdebstrap python3-prometheus-client nftables dnsmasq-base zsh fish \
	$(MEDIA_DEBIAN_PACKAGES)
# Servers that the tests start themselves. They are unpacked into build/servers: an installed one would run on this machine.
SERVER_DEBIAN_PACKAGES = containerd docker-registry
# The compiler of AppArmor's profiles, unpacked into build/apparmor-parser: installed, it would load profiles into this machine's kernel.
APPARMOR_DEBIAN_PACKAGES = apparmor
# For `make fuzz` alone: libFuzzer, which comes with clang.
FUZZ_DEBIAN_PACKAGES = clang libclang-rt-14-dev
# What the example of `make run` needs; `make packages` builds all.
RUN_PACKAGES = kernel init runc containerd sysctl dhcpcd getty redis

C_SOURCES = $(shell find native test -name '*.c' -o -name '*.cc' -o -name '*.h')
# The scripts of sh: those of packages and of fixtures for the guest.
SHELL_SCRIPTS = $(shell grep -rlE '^.!/bin/(busybox )?sh' .ci pkg/*/root test/campaigns test/vm/fixtures)

export PATH := $(CURDIR)/node_modules/.bin:$(CURDIR)/build/servers/usr/bin:$(PATH)
# The store of our own builds stands beside them: `make clean` removes it, and no other project's is touched.
export SLIPWAY_CACHE ?= $(CURDIR)/build/cache

REDIS_PORT ?= 6379

APPARMOR_PROFILE = build/apparmor/slipway-default

.PHONY: all help run test faults fuzz bench dist lint format clean packages cross arm64-packages addon init

all: build/slipway ## build slipway, the init executable and the addon

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: all ## build everything, boot examples/redis-os.yml in QEMU and wait until Redis answers
	build/slipway pkg build $(addprefix pkg/,$(RUN_PACKAGES))
	build/slipway build --name redis-os --dir build examples/redis-os.yml
	node tools/build/run-example.ts build/redis-os $(REDIS_PORT)

test: lint packages build/.test-tools ## run all tests, boot tests included
	node test/run.ts

faults: packages build/.test-tools ## harm a system 200 times and see that it leaves no trace; SEED= and COUNT= repeat a run, KIND= chooses
	SEED=$(SEED) COUNT=$(COUNT) KIND='$(KIND)' node test/campaigns/faults/run.ts

fuzz: node_modules/.done build/.tools build/.test-tools build/.fuzz-tools ## fuzz each parser for TIME= seconds (30); TARGET= one of them, SEED= repeats a run, JOBS= at once
	TIME=$(TIME) TARGET=$(TARGET) SEED=$(SEED) JOBS=$(JOBS) node --no-warnings test/fuzz/run.ts

bench: packages build/.test-tools ## measure building (beside umoci, cpio, tar), booting (beside a shell init) and memory
	node test/campaigns/bench/run.ts

packages: all $(APPARMOR_PROFILE) $(if $(ARCH),cross) ## build the system packages into the image store; ARCH=arm64: for another processor, cross-built
	build/slipway pkg build $(if $(ARCH),--arch $(ARCH))

# For the test that boots arm64, after `make all`. Its store is its own: the other tests look at what is in theirs.
arm64-packages: export SLIPWAY_CACHE := $(CURDIR)/build/arm64/cache
arm64-packages: build/.cross-tools
	node tools/build/build-init.ts arm64
	build/slipway pkg build --arch arm64 $(addprefix pkg/,$(RUN_PACKAGES))

# PID 1's executable and the static programs for the processor ARCH.
cross: node_modules/.done build/.tools build/.cross-tools
	node tools/build/build-init.ts $(ARCH)

dist: packages ## make the Debian package and the npm package that a person installs, in build/dist
	node tools/build/dist.ts

lint: node_modules/.done build/.tools build/.lint-tools ## formatter, linters, type check, warnings of C, C++ and shell scripts as errors
	biome check --error-on-warnings .
	tsc --noEmit
	tsc --noEmit -p tools/dashboard/page
	clang-format --dry-run --Werror $(C_SOURCES)
	shellcheck --shell=sh $(SHELL_SCRIPTS)
	node tools/build/build-addon.ts build/native.node
	node tools/build/build-static-program.ts

format: node_modules/.done build/.lint-tools ## format all sources
	biome check --write .
	clang-format -i $(C_SOURCES)

clean: ## remove everything that was built, the image store in build/ included
	rm -rf build

# Each of these scripts rebuilds only what changed.
addon: node_modules/.done build/.tools
	node tools/build/build-addon.ts build/native.node

init: addon
	node tools/build/build-init.ts

build/slipway: init
	node tools/build/build-cli.ts

# Not `npm ci`: it refuses a lock file without an entry for each platform's optional package, and not every registry
# has all of them. The versions and hashes are the lock file's all the same, which the last line checks. No package's script
# runs (.npmrc), and Node itself is checked before it runs.
node_modules/.done: package.json package-lock.json
	npm install --no-save --no-audit --no-fund --loglevel error
	sha256sum --check --quiet tools/build/node.sha256
	node tools/build/check-packages.ts
	@touch $@

# Each installs only what is missing; `pkg build` downloads by the package lists, which the first one refreshes.
build/.tools: node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts install $(RUN_DEBIAN_PACKAGES)
	@touch $@

build/.apparmor-parser: node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts unpack build/apparmor-parser $(APPARMOR_DEBIAN_PACKAGES)
	@touch $@

$(APPARMOR_PROFILE): pkg/apparmor/default.profile tools/build/build-apparmor.ts supervisor/contract/apparmor.ts build/.apparmor-parser
	node tools/build/build-apparmor.ts build/apparmor-parser $(dir $@)

build/.cross-tools: node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts install $(CROSS_DEBIAN_PACKAGES)
	@touch $@

build/.lint-tools: Makefile node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts install $(LINT_DEBIAN_PACKAGES)
	@touch $@

build/.test-tools: Makefile node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts install $(TEST_DEBIAN_PACKAGES)
	node tools/build/debian-packages.ts unpack build/servers $(SERVER_DEBIAN_PACKAGES)
	@touch $@

build/.fuzz-tools: node_modules/.done
	@mkdir -p build
	node tools/build/debian-packages.ts install $(FUZZ_DEBIAN_PACKAGES)
	@touch $@
