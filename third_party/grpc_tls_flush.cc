// Repairs a fault of gRPC's TLS (1.51, and later ones): bytes that are no TLS
// record are sent when a write ends exactly at the end of a record.
//
// gRPC encrypts a write record by record, and then asks for what is left
// (tsi_frame_protector_protect_flush in secure_endpoint.cc). If nothing is,
// that function returns without saying how many bytes it wrote: the number that
// was given, the room in the buffer, stands, and as many bytes of old memory
// follow. The peer ends the connection ("wrong version number"), and every call
// on it fails. With records of 2 KiB (services/common/rpc/server.cc) one in
// 1,948 of the longer writes ends so.
//
// A program's function goes before that of a shared library with the same name:
// this one finds out first whether anything is left, and says 0 if not.
#include <dlfcn.h>

#include <cstddef>
#include <cstdlib>

// As in src/core/tsi/transport_security_interface.h; 0 is TSI_OK.
struct tsi_frame_protector;
enum tsi_result { kOk = 0 };

// libgrpc's.
tsi_result tsi_frame_protector_protect(tsi_frame_protector* self,
                                       const unsigned char* plain,
                                       size_t* plain_size,
                                       unsigned char* frames,
                                       size_t* frames_size);

namespace {

using Flush = tsi_result (*)(tsi_frame_protector*, unsigned char*, size_t*,
                             size_t*);

Flush GrpcsOwn() {
  void* found = dlsym(
      RTLD_NEXT,
      "_Z33tsi_frame_protector_protect_flushP19tsi_frame_protectorPhPmS2_");
  // Without it this program would not have been linked.
  if (found == nullptr) abort();
  return reinterpret_cast<Flush>(found);
}

}  // namespace

// Writes what is left of earlier calls into `frames` and says how much that is
// in `frames_size`, which comes with the room there; with `pending` above 0 it
// wants to be called again.
tsi_result tsi_frame_protector_protect_flush(tsi_frame_protector* self,
                                             unsigned char* frames,
                                             size_t* frames_size,
                                             size_t* pending) {
  static const Flush own = GrpcsOwn();
  const size_t room = *frames_size;
  *frames_size = 0;
  *pending = 1;
  if (room == 0) return kOk;
  // Encrypting nothing gives the rest of a record that is under way.
  const unsigned char nothing = 0;
  size_t none = 0;
  size_t rest = room;
  const tsi_result result =
      tsi_frame_protector_protect(self, &nothing, &none, frames, &rest);
  if (result != kOk || rest > 0) {
    *frames_size = rest;
    return result;
  }
  // What comes now is a new record, whose first byte is never 0 (RFC
  // 8446, 5.1).
  frames[0] = 0;
  *frames_size = room;
  const tsi_result flushed = own(self, frames, frames_size, pending);
  if (flushed == kOk && frames[0] == 0) *frames_size = 0;
  return flushed;
}
