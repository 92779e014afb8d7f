#!/bin/sh
# Makes a Debian 12 system to boot in Ringmaster: a raw ext4 image, its kernel and its initial ramdisk.
#   make-debian-image.sh FOLDER [SIZE-MIB [KERNEL-PACKAGE [HOSTNAME]]]
# FOLDER gets debian.img (sparse), vmlinuz and initrd.img; each appears under its name only when it is whole.
# Works as root, and as an ordinary user where user namespaces and /etc/subuid allow it (mmdebstrap decides). Nothing is
# mounted on the host and nothing of the host is changed: mmdebstrap installs into a tree, mke2fs -d writes the image from it.
# Packages come from the apt sources of this machine. Progress: lines "step NAME" on standard output; everything else is detail.
set -eu

# Electron lets its open files go on into what it starts. mmdebstrap has apt start "sh -c 'cat >&N'" with the number of a pipe,
# and a Debian sh knows numbers of one digit only: with 3 to 9 taken no system was ever made.
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-

folder=${1:?usage: make-debian-image.sh FOLDER [SIZE-MIB [KERNEL-PACKAGE [HOSTNAME]]]}
size=${2:-4096}
kernel=${3:-linux-image-amd64}
name=${4:-debian}
suite=bookworm

for program in mmdebstrap mke2fs unshare; do
  command -v "$program" >/dev/null || {
    echo "$program is missing: install the packages mmdebstrap and e2fsprogs" >&2
    exit 3
  }
done
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
# By this process's number the app finds what is left where it had to kill it.
work=$(mktemp -d "$folder/making.$$.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

# The machine's own sources of this suite; without any mmdebstrap takes Debian's.
: >"$work/sources"
for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  [ -s "$list" ] && grep -q "$suite" "$list" && cp "$list" "$work/sources" && break
done
if [ -s "$work/sources" ]; then sources="$work/sources"; else sources=; fi

# The tree is made where mmdebstrap sees its own user as root, so the image is written there too, by a hook.
cat >"$work/customize" <<'HOOK'
#!/bin/sh
set -eu
root=$1
echo "$NAME" >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$NAME" >"$root/etc/hosts"
echo '/dev/xvda / ext4 errors=remount-ro 0 1' >"$root/etc/fstab"
printf 'auto lo\niface lo inet loopback\n\nallow-hotplug eth0\niface eth0 inet dhcp\n' >"$root/etc/network/interfaces"
# One name for the first interface wherever it runs; otherwise it is enX0 here and ens3 elsewhere.
ln -s /dev/null "$root/etc/systemd/network/99-default.link"
# Consoles of one's own machine: root logs in without a password. There is no other way in.
chroot "$root" passwd -d root >/dev/null
printf 'Debian GNU/Linux 12 \\n \\l\n\nLog in as root; there is no password yet (passwd sets one).\n\n' >"$root/etc/issue"
# A guest on a busy host may take minutes to find its console.
mkdir -p "$root/etc/systemd/system.conf.d"
printf '[Manager]\nDefaultDeviceTimeoutSec=900s\nDefaultTimeoutStartSec=900s\n' >"$root/etc/systemd/system.conf.d/patient.conf"
# Nothing that wakes up by itself: an idle guest should be idle.
chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer dpkg-db-backup.timer >/dev/null 2>&1
# The ramdisk holds what finds the root disk and nothing else: here xvda, elsewhere (QEMU) vda.
printf 'xen-blkfront\next4\nvirtio_pci\nvirtio_blk\n' >"$root/etc/initramfs-tools/modules"
echo 'MODULES=list' >"$root/etc/initramfs-tools/conf.d/ringmaster"
echo 'step ramdisk'
unset INITRD
for modules in "$root"/lib/modules/*; do chroot "$root" update-initramfs -c -k "${modules##*/}" >/dev/null; done
cp "$root"/boot/vmlinuz-* "$WORK/vmlinuz"
cp "$root"/boot/initrd.img-* "$WORK/initrd.img"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*_*
echo 'step image'
truncate -s "${SIZE}M" "$WORK/debian.img"
# In a mount namespace of its own, in which the tree has none of the file systems that mmdebstrap mounted in it.
unshare --mount sh -eu -c '
  cut -d" " -f2 /proc/self/mounts | grep "^$1/" | sort -r | xargs -r -n1 umount -l
  mke2fs -q -F -t ext4 -L debian -d "$1" "$2"' sh "$root" "$WORK/debian.img"
HOOK
chmod +x "$work/customize"
# Without root the hook runs as a user of a namespace, who is a stranger to this folder.
chmod 777 "$work"

echo 'step packages'
packages=systemd-sysv,udev,dbus,kmod,login,passwd,util-linux,procps,e2fsprogs,initramfs-tools,zstd,ifupdown,udhcpc,iproute2,iputils-ping
packages=$packages,ethtool,wget,ca-certificates,busybox,less,nano,gpm,kbd,console-setup,apt,$kernel
export WORK="$work" SIZE="$size" NAME="$name"
# The ramdisk that the kernel's package would build, twice, is not the one that is wanted.
export INITRD=No
# Its output is the hook's too, which prints steps; what it says of each package is the progress (install-progress.ts).
mmdebstrap --verbose --variant=minbase --include="$packages" --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Languages "none"' \
  --customize-hook="$work/customize" --format=null "$suite" /dev/null ${sources:+"$sources"}

echo 'step finish'
for file in vmlinuz initrd.img debian.img; do
  sync "$work/$file"
  mv "$work/$file" "$folder/$file"
done
echo 'step done'
