// A metadata BLOB and its payload: signed by others, fetched by hand.
#include <cstdlib>

#include "absl/strings/string_view.h"
#include "services/common/fido/metadata_blob.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  u2fi::fido::MetadataBlobInputs inputs;
  inputs.blob = text;
  inputs.now = absl::UnixEpoch();
  // Without roots nothing can be accepted.
  if (u2fi::fido::ReadMetadataBlob(inputs).ok()) std::abort();
  const auto payload = u2fi::fido::ParseMetadataPayload(text);
  if (!payload.ok()) return 0;
  for (const u2fi::fido::MetadataEntry& entry : payload->table.entries()) {
    if (entry.aaguid.empty() && entry.key_ids.empty()) std::abort();
  }
  return 0;
}
