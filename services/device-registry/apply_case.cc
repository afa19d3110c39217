#include "services/device-registry/apply_case.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/common/crypto/hash.h"
#include "services/device-registry/requests.h"

namespace u2fi::device_registry {

audit::RowContent RowAboutCase(audit::v1::RowKind kind, const ApplyCase& in) {
  audit::RowContent row = RowAbout(
      kind, in.caller, {absl::StrCat("commands/", in.command.command_id())});
  row.body.set_command(in.bytes);
  for (const proof::v1::Approval& approval : in.proof.approvals()) {
    row.body.add_approval_refs(
        crypto::ToString(audit::ApprovalDigest(approval)));
  }
  row.body.set_index(in.proof.index());
  *row.body.mutable_path() = in.proof.path();
  if (in.request.evidence().ByteSizeLong() > 0) {
    *row.body.mutable_evidence() = in.request.evidence();
  }
  return row;
}

}  // namespace u2fi::device_registry
