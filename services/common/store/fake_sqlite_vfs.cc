#include "services/common/store/fake_sqlite_vfs.h"

#include <sqlite3.h>

#include <new>
#include <utility>

namespace u2fi::store {
namespace {

// Our part of a file; the real layer's part follows it in the same memory.
struct File {
  sqlite3_file base;
  FakeSqliteVfs* owner;
  std::string* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

using Step = FakeSqliteVfs::Step;

File* Of(sqlite3_file* file) { return reinterpret_cast<File*>(file); }

const sqlite3_io_methods* RealMethods(sqlite3_file* file) {
  return Of(file)->real()->pMethods;
}

int Ask(sqlite3_file* file, Step step, int64_t at = 0,
        absl::string_view data = {}) {
  return Of(file)->owner->Ask(step, *Of(file)->path, at, data);
}

int Close(sqlite3_file* file) {
  delete std::exchange(Of(file)->path, nullptr);
  return RealMethods(file)->xClose(Of(file)->real());
}
int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 at) {
  return RealMethods(file)->xRead(Of(file)->real(), out, size, at);
}
int Write(sqlite3_file* file, const void* in, int size, sqlite3_int64 at) {
  const int code =
      Ask(file, Step::kWrite, at,
          {static_cast<const char*>(in), static_cast<size_t>(size)});
  return code != 0 ? code
                   : RealMethods(file)->xWrite(Of(file)->real(), in, size, at);
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = Ask(file, Step::kTruncate, size);
  return code != 0 ? code
                   : RealMethods(file)->xTruncate(Of(file)->real(), size);
}
int Sync(sqlite3_file* file, int flags) {
  const int code = Ask(file, Step::kSync);
  return code != 0 ? code : RealMethods(file)->xSync(Of(file)->real(), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return RealMethods(file)->xFileSize(Of(file)->real(), size);
}
int Lock(sqlite3_file* file, int lock) {
  return RealMethods(file)->xLock(Of(file)->real(), lock);
}
int Unlock(sqlite3_file* file, int lock) {
  return RealMethods(file)->xUnlock(Of(file)->real(), lock);
}
int CheckReservedLock(sqlite3_file* file, int* result) {
  return RealMethods(file)->xCheckReservedLock(Of(file)->real(), result);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return RealMethods(file)->xFileControl(Of(file)->real(), operation, argument);
}
int SectorSize(sqlite3_file* file) {
  return RealMethods(file)->xSectorSize(Of(file)->real());
}
int DeviceCharacteristics(sqlite3_file* file) {
  return RealMethods(file)->xDeviceCharacteristics(Of(file)->real());
}
int ShmMap(sqlite3_file* file, int page, int size, int extend,
           void volatile** map) {
  return RealMethods(file)->xShmMap(Of(file)->real(), page, size, extend, map);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return RealMethods(file)->xShmLock(Of(file)->real(), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) {
  RealMethods(file)->xShmBarrier(Of(file)->real());
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return RealMethods(file)->xShmUnmap(Of(file)->real(), remove);
}

// Version 2: without the memory-mapped reads of version 3.
constexpr sqlite3_io_methods kMethods = {2,
                                         Close,
                                         Read,
                                         Write,
                                         Truncate,
                                         Sync,
                                         FileSize,
                                         Lock,
                                         Unlock,
                                         CheckReservedLock,
                                         FileControl,
                                         SectorSize,
                                         DeviceCharacteristics,
                                         ShmMap,
                                         ShmLock,
                                         ShmBarrier,
                                         ShmUnmap,
                                         nullptr,
                                         nullptr};

}  // namespace

struct FakeSqliteVfs::Registration {
  Registration(FakeSqliteVfs& vfs_owner, const char* name)
      : real(sqlite3_vfs_find(nullptr)), vfs(*real), owner(vfs_owner) {
    vfs.zName = name;
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
    vfs.pAppData = this;
    vfs.xOpen = Open;
    vfs.xDelete = Delete;
    sqlite3_vfs_register(&vfs, /*makeDflt=*/0);
  }

  static Registration* Of(sqlite3_vfs* vfs) {
    return static_cast<Registration*>(vfs->pAppData);
  }
  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file,
                  int flags, int* out_flags) {
    File* ours = new (file)
        File{{}, &Of(vfs)->owner, new std::string(path == nullptr ? "" : path)};
    sqlite3_vfs* real = Of(vfs)->real;
    const int code = real->xOpen(real, path, ours->real(), flags, out_flags);
    if (ours->real()->pMethods == nullptr) {
      delete std::exchange(ours->path, nullptr);
    } else {
      ours->base.pMethods = &kMethods;
    }
    return code;
  }
  static int Delete(sqlite3_vfs* vfs, const char* path, int sync) {
    const int code = Of(vfs)->owner.Ask(Step::kDelete, path);
    sqlite3_vfs* real = Of(vfs)->real;
    return code != 0 ? code : real->xDelete(real, path, sync);
  }

  sqlite3_vfs* const real;
  sqlite3_vfs vfs;
  FakeSqliteVfs& owner;
};

FakeSqliteVfs::FakeSqliteVfs()
    : name_("u2fi-fake"),
      registration_(new Registration(*this, name_.c_str())) {}

FakeSqliteVfs::~FakeSqliteVfs() {
  sqlite3_vfs_unregister(&registration_->vfs);
  delete registration_;
}

void FakeSqliteVfs::SetHook(Hook hook) {
  MutexLock lock(mutex_);
  hook_ = std::move(hook);
}

void FakeSqliteVfs::SetRecorder(Recorder recorder) {
  MutexLock lock(mutex_);
  recorder_ = std::move(recorder);
}

int FakeSqliteVfs::Ask(Step step, const std::string& path, int64_t at,
                       absl::string_view data) {
  MutexLock lock(mutex_);
  const int code = hook_ ? hook_(step, path) : SQLITE_OK;
  if (code == SQLITE_OK && recorder_) {
    recorder_({step, path, at, std::string(data)});
  }
  return code;
}

}  // namespace u2fi::store
