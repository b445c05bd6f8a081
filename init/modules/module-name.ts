// The name of a module, as the kernel and depmod(8) have it.

/** Returns `overlay` for `kernel/fs/overlayfs/overlay.ko.xz`. */
export function moduleName(file: string): string {
	const end = file.lastIndexOf('.ko');
	return normalName(file.slice(file.lastIndexOf('/') + 1, end < 0 ? undefined : end));
}

/** Returns the name with `_` for `-`: files may have either, the kernel has `_`. */
export function normalName(name: string): string {
	return name.replaceAll('-', '_');
}
