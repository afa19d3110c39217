// Everything that reads an audit export: lines, rows, checkpoints, and the
// verifier over whole files. A row that is accepted is the one encoding of
// what it says.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>

#include "absl/strings/string_view.h"
#include "services/common/audit/chain.h"
#include "services/common/audit/checkpoint.h"
#include "services/common/audit/export_record.h"
#include "services/common/audit/row.h"
#include "services/common/audit/verify_export.h"
#include "services/common/proof/strict.h"

namespace u2fi::audit {
namespace {

void Require(bool fact) {
  if (!fact) abort();
}

void TryRow(const v1::AuditRow& row) {
  const absl::StatusOr<ParsedRow> parsed = CheckRow(row);
  if (!parsed.ok()) return;
  Require(proof::Encode(parsed->header) == row.header());
  Require(parsed->erased || proof::Encode(parsed->body) == row.body());
  Require(CheckFollows(parsed->header.writer(), {}, *parsed).ok() ==
          (parsed->id.sequence == 1));
}

void TryLine(absl::string_view line) {
  const absl::StatusOr<ExportRecord> record = ParseLine(line);
  if (!record.ok()) return;
  Require(ToLine(*record) == line);
  if (const auto* row = std::get_if<v1::AuditRow>(&*record)) TryRow(*row);
  if (const auto* mark = std::get_if<v1::SignedCheckpoint>(&*record)) {
    CheckCheckpoint(*mark).IgnoreError();
  }
}

// The bytes as a header whose hash of the body is right, so that the body's
// rules are reached.
void TryBody(absl::string_view bytes) {
  v1::AuditBody body;
  if (!proof::ParseInto(bytes, bytes.size(), reason::kAuditFormat, body).ok()) {
    return;
  }
  v1::AuditHeader header;
  header.set_format(1);
  header.mutable_writer()->set_service("command-gate");
  header.mutable_writer()->set_incarnation(std::string(16, 'i'));
  header.mutable_writer()->set_tenant("acme");
  header.set_sequence(1);
  header.set_time_ms(1);
  header.set_kind(v1::ROW_KIND_COMMAND);
  const std::string salt(16, 's');
  header.set_body_hash(crypto::ToString(crypto::Sha256({salt, bytes})));
  v1::AuditRow row;
  row.set_header(proof::Encode(header));
  row.set_salt(salt);
  row.set_body(std::string(bytes));
  TryRow(row);
}

}  // namespace
}  // namespace u2fi::audit

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace u2fi::audit;  // NOLINT
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  u2fi::audit::ParseRow(bytes).IgnoreError();
  ParseHead(bytes).IgnoreError();
  TryLine(bytes);
  TryBody(bytes);
  std::istringstream file{std::string(bytes)};
  VerifyExport(file, Anchors());
  return 0;
}
