#ifndef U2FI_TOOLS_U2FI_METADATA_IMPORT_H_
#define U2FI_TOOLS_U2FI_METADATA_IMPORT_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "tools/u2fi/mesh.h"
#include "tools/u2fi/output.h"

namespace u2fi::cli {

// Longest BLOB that the service takes, and so the longest file worth reading.
inline constexpr size_t kMaxMetadataFile = 32 << 20;

// Gives the BLOB of the FIDO Metadata Service to the deployment and shows what
// it was, with the keys that it suspended. `text` is the file's; white space
// that an editor left at its end is no part of it. With `validate_only`
// nothing changes, and the keys are those that would be suspended.
absl::Status ImportMetadata(Mesh& mesh, absl::string_view text,
                            bool validate_only, Output& output);

}  // namespace u2fi::cli

#endif  // U2FI_TOOLS_U2FI_METADATA_IMPORT_H_
