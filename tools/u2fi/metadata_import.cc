#include "tools/u2fi/metadata_import.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "services/common/proof/visible_text.h"
#include "services/common/status/status_macros.h"

namespace u2fi::cli {
namespace {

using google::protobuf::util::TimeUtil;

std::string Text(const attestation::ImportMetadataResponse& response,
                 bool validate_only) {
  std::string text =
      absl::StrCat("metadata  number ", response.number(), ", ",
                   response.entries(), " models, the next is promised by ",
                   TimeUtil::ToString(response.next_update()));
  for (const std::string& token : response.suspended_tokens()) {
    absl::StrAppend(&text, "\n", proof::VisibleText(token),
                    validate_only ? "  would be suspended" : "  suspended",
                    ": its model turned bad");
  }
  return text;
}

}  // namespace

absl::Status ImportMetadata(Mesh& mesh, absl::string_view text,
                            bool validate_only, Output& output) {
  ASSIGN_OR_RETURN(const auto response,
                   mesh.ImportMetadata(absl::StripTrailingAsciiWhitespace(text),
                                       validate_only));
  output.Show(response, Text(response, validate_only));
  return absl::OkStatus();
}

}  // namespace u2fi::cli
