/* Stands between a process and the disk, loaded with LD_PRELOAD: everything that it does to the files of one folder is
 * written to a log, in order, so that the files can be put back as a power failure would have left them; and fsync or
 * write can be made to fail. The real files are written too, so the process reads what it wrote.
 *
 * DISK_SHIM_FOLDER   the folder, absolute
 * DISK_SHIM_LOG      the log; disk-log.ts reads it
 * DISK_SHIM_CONTROL  a file of 8 bytes: [0] 1 = fsync fails with EIO, 2 = the disk is full; [4..7] faults so far
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { FD_MAX = 65536, FAULT_NONE = 0, FAULT_SYNC = 1, FAULT_FULL = 2 };
enum { OP_OPEN = 1, OP_CREATE, OP_WRITE, OP_TRUNCATE, OP_SYNC, OP_SYNC_FOLDER, OP_UNLINK, OP_RENAME, OP_SYNC_FAILED };

/* 32 bytes, little-endian, followed by the name and the data. */
struct entry {
  uint32_t magic;
  uint16_t op;
  uint16_t name_bytes;
  uint64_t inode;
  uint64_t offset;
  uint64_t data_bytes;
};

static const uint32_t MAGIC = 0x4b534944;
static const uint64_t THE_FOLDER = UINT64_MAX;

static struct {
  int (*open64)(const char *, int, ...);
  int (*close)(int);
  ssize_t (*write)(int, const void *, size_t);
  ssize_t (*pwrite64)(int, const void *, size_t, off64_t);
  int (*ftruncate64)(int, off64_t);
  int (*fsync)(int);
  int (*unlink)(const char *);
  int (*rename)(const char *, const char *);
} real;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char folder[4096];
static size_t folder_bytes;
static int log_fd = -1;
static volatile uint8_t *control;
/* The inode behind each descriptor of a file in the folder; 0 for all others. */
static uint64_t inode_of[FD_MAX];

__attribute__((constructor)) static void begin(void) {
  real.open64 = dlsym(RTLD_NEXT, "open64");
  real.close = dlsym(RTLD_NEXT, "close");
  real.write = dlsym(RTLD_NEXT, "write");
  real.pwrite64 = dlsym(RTLD_NEXT, "pwrite64");
  real.ftruncate64 = dlsym(RTLD_NEXT, "ftruncate64");
  real.fsync = dlsym(RTLD_NEXT, "fsync");
  real.unlink = dlsym(RTLD_NEXT, "unlink");
  real.rename = dlsym(RTLD_NEXT, "rename");
  const char *path = getenv("DISK_SHIM_FOLDER"), *log = getenv("DISK_SHIM_LOG"), *ctl = getenv("DISK_SHIM_CONTROL");
  if (path == NULL || log == NULL || ctl == NULL) return;
  log_fd = real.open64(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int control_fd = real.open64(ctl, O_RDWR | O_CLOEXEC);
  if (log_fd < 0 || control_fd < 0) abort();
  void *mapped = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, control_fd, 0);
  if (mapped == MAP_FAILED) abort();
  control = mapped;
  real.close(control_fd);
  folder_bytes = (size_t)snprintf(folder, sizeof folder, "%s", path);
}

/* The name within the folder; "" for the folder itself; NULL for anything else. SQLite's shared memory is no file. */
static const char *name_in_folder(const char *path) {
  if (folder_bytes == 0 || strncmp(path, folder, folder_bytes) != 0) return NULL;
  const char *rest = path + folder_bytes;
  if (*rest == 0) return rest;
  if (*rest != '/') return NULL;
  rest += 1;
  size_t bytes = strlen(rest);
  if (bytes >= 4 && strcmp(rest + bytes - 4, "-shm") == 0) return NULL;
  return rest;
}

static uint64_t tracked(int fd) { return fd >= 0 && fd < FD_MAX ? inode_of[fd] : 0; }

/* One writev, so that a process that is killed leaves whole entries, but for the last. */
static void note(uint16_t op, uint64_t inode, uint64_t offset, const char *name, const void *data, size_t data_bytes) {
  struct entry head = {MAGIC, op, name == NULL ? 0 : (uint16_t)strlen(name), inode, offset, data_bytes};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)name, head.name_bytes}, {(void *)data, data_bytes}};
  if (writev(log_fd, parts, 3) != (ssize_t)(sizeof head + head.name_bytes + data_bytes)) abort();
}

static int fails(uint8_t fault, int error) {
  if (control[0] != fault) return 0;
  __atomic_add_fetch((uint32_t *)(control + 4), 1, __ATOMIC_SEQ_CST);
  errno = error;
  return 1;
}

static int open_any(const char *path, int flags, mode_t mode) {
  const char *name = name_in_folder(path);
  if (name == NULL) return real.open64(path, flags, mode);
  pthread_mutex_lock(&lock);
  int existed = access(path, F_OK) == 0;
  int fd = real.open64(path, flags, mode);
  if (fd >= FD_MAX) abort();
  if (fd >= 0 && *name == 0) inode_of[fd] = THE_FOLDER;
  if (fd >= 0 && *name != 0) {
    struct stat64 status;
    fstat64(fd, &status);
    inode_of[fd] = status.st_ino;
    note(existed ? OP_OPEN : OP_CREATE, status.st_ino, 0, name, NULL, 0);
    if (existed && (flags & O_TRUNC)) note(OP_TRUNCATE, status.st_ino, 0, NULL, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

static mode_t mode_of(int flags, va_list rest) { return flags & O_CREAT ? va_arg(rest, mode_t) : 0; }

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return open_any(path, flags, mode);
}

int close(int fd) {
  if (tracked(fd)) inode_of[fd] = 0;
  return real.close(fd);
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) {
  uint64_t inode = tracked(fd);
  if (inode == 0) return real.pwrite64(fd, data, bytes, offset);
  pthread_mutex_lock(&lock);
  ssize_t written = fails(FAULT_FULL, ENOSPC) ? -1 : real.pwrite64(fd, data, bytes, offset);
  if (written > 0) note(OP_WRITE, inode, (uint64_t)offset, NULL, data, (size_t)written);
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) { return pwrite64(fd, data, bytes, offset); }

ssize_t write(int fd, const void *data, size_t bytes) {
  uint64_t inode = tracked(fd);
  if (inode == 0) return real.write(fd, data, bytes);
  pthread_mutex_lock(&lock);
  off64_t offset = lseek64(fd, 0, SEEK_CUR);
  ssize_t written = fails(FAULT_FULL, ENOSPC) ? -1 : real.write(fd, data, bytes);
  if (written > 0) note(OP_WRITE, inode, (uint64_t)offset, NULL, data, (size_t)written);
  pthread_mutex_unlock(&lock);
  return written;
}

int ftruncate64(int fd, off64_t length) {
  uint64_t inode = tracked(fd);
  if (inode == 0) return real.ftruncate64(fd, length);
  pthread_mutex_lock(&lock);
  int result = real.ftruncate64(fd, length);
  if (result == 0) note(OP_TRUNCATE, inode, (uint64_t)length, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* Nothing is really synchronized: what survives is decided from the log, and the disk is spared. */
static int sync_any(int fd) {
  uint64_t inode = tracked(fd);
  if (inode == 0) return real.fsync(fd);
  pthread_mutex_lock(&lock);
  int failed = fails(FAULT_SYNC, EIO);
  if (failed) note(OP_SYNC_FAILED, inode, 0, NULL, NULL, 0);
  else if (inode == THE_FOLDER) note(OP_SYNC_FOLDER, 0, 0, NULL, NULL, 0);
  else note(OP_SYNC, inode, 0, NULL, NULL, 0);
  pthread_mutex_unlock(&lock);
  return failed ? -1 : 0;
}

int fsync(int fd) { return sync_any(fd); }

int fdatasync(int fd) { return sync_any(fd); }

int unlink(const char *path) {
  const char *name = name_in_folder(path);
  if (name == NULL) return real.unlink(path);
  pthread_mutex_lock(&lock);
  int result = real.unlink(path);
  if (result == 0) note(OP_UNLINK, 0, 0, name, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  const char *old_name = name_in_folder(from), *new_name = name_in_folder(to);
  if (old_name == NULL || new_name == NULL) return real.rename(from, to);
  pthread_mutex_lock(&lock);
  int result = real.rename(from, to);
  if (result == 0) note(OP_RENAME, 0, 0, old_name, new_name, strlen(new_name));
  pthread_mutex_unlock(&lock);
  return result;
}
