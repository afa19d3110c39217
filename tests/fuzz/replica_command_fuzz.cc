// What anybody may send to the port at which a restore waits for its server,
// and what may stand in a file that is given for a backup.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tools/u2fi/rdb_check.h"
#include "tools/u2fi/replica_command.h"

namespace u2fi::cli {
namespace {

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

void TakeAll(std::string bytes) {
  while (true) {
    const size_t before = bytes.size();
    const auto command = TakeReplicaCommand(bytes);
    if (!command.ok() || command->empty()) {
      Check(bytes.size() == before);
      return;
    }
    Check(bytes.size() < before && command->size() <= kMaxReplicaWords);
  }
}

// The same verdict, however the bytes are cut.
void CheckFile(absl::string_view bytes) {
  RdbCheck whole;
  whole.Add(bytes);
  RdbCheck halves;
  halves.Add(bytes.substr(0, bytes.size() / 2));
  halves.Add(bytes.substr(bytes.size() / 2));
  Check(whole.Finish().status() == halves.Finish().status());
}

}  // namespace
}  // namespace u2fi::cli

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  u2fi::cli::TakeAll(bytes);
  u2fi::cli::CheckFile(bytes);
  return 0;
}
