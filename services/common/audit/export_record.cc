#include "services/common/audit/export_record.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/common/audit/rules.h"
#include "services/common/crypto/encoding.h"
#include "services/common/status/status_macros.h"

namespace u2fi::audit {
namespace {

constexpr absl::string_view kStart =
    R"({"type":"start","format":"u2fi-audit/1"})";
constexpr absl::string_view kKey = R"({"type":"key","kid":")";
constexpr absl::string_view kPoint = R"(","point":")";
constexpr absl::string_view kRow = R"({"type":"row","header":")";
constexpr absl::string_view kSalt = R"(","salt":")";
constexpr absl::string_view kBody = R"(","body":")";
constexpr absl::string_view kCheckpoint =
    R"({"type":"checkpoint","checkpoint":")";
constexpr absl::string_view kKid = R"(","kid":")";
constexpr absl::string_view kSignature = R"(","signature":")";
constexpr absl::string_view kEnd = R"("})";

// Goes through a line from left to right. The first thing that is not there
// makes it fail for good.
class Cursor {
 public:
  explicit Cursor(absl::string_view line) : rest_(line) {}

  // Whether the line goes on with `text`; then goes past it.
  bool Skip(absl::string_view text) {
    if (!absl::StartsWith(rest_, text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  void Expect(absl::string_view text) { ok_ = Skip(text) && ok_; }

  // What comes before the next quotation mark, as it is or as base64url.
  std::string Text() {
    const size_t end = rest_.find('"');
    if (end == absl::string_view::npos) {
      ok_ = false;
      return "";
    }
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }
  std::string Bytes() {
    absl::StatusOr<std::string> bytes = crypto::FromBase64Url(Text());
    // Absence is the only way to say that there is nothing.
    ok_ = ok_ && bytes.ok() && !bytes->empty();
    return bytes.value_or("");
  }

  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

AuditKey TakeKey(Cursor& line) {
  AuditKey key;
  key.kid = line.Text();
  line.Expect(kPoint);
  key.point = line.Bytes();
  line.Expect(kEnd);
  return key;
}

v1::AuditRow TakeRow(Cursor& line) {
  v1::AuditRow row;
  row.set_header(line.Bytes());
  if (line.Skip(kSalt)) {
    row.set_salt(line.Bytes());
    line.Expect(kBody);
    row.set_body(line.Bytes());
  }
  line.Expect(kEnd);
  return row;
}

v1::SignedCheckpoint TakeCheckpoint(Cursor& line) {
  v1::SignedCheckpoint checkpoint;
  checkpoint.set_checkpoint(line.Bytes());
  line.Expect(kKid);
  checkpoint.set_kid(line.Text());
  line.Expect(kSignature);
  checkpoint.set_signature(line.Bytes());
  line.Expect(kEnd);
  return checkpoint;
}

struct Printer {
  std::string operator()(const ExportStart&) const {
    return std::string(kStart);
  }
  std::string operator()(const AuditKey& key) const {
    return absl::StrCat(kKey, key.kid, kPoint, crypto::Base64Url(key.point),
                        kEnd);
  }
  std::string operator()(const v1::AuditRow& row) const {
    const std::string header =
        absl::StrCat(kRow, crypto::Base64Url(row.header()));
    if (row.body().empty()) return absl::StrCat(header, kEnd);
    return absl::StrCat(header, kSalt, crypto::Base64Url(row.salt()), kBody,
                        crypto::Base64Url(row.body()), kEnd);
  }
  std::string operator()(const v1::SignedCheckpoint& checkpoint) const {
    return absl::StrCat(kCheckpoint, crypto::Base64Url(checkpoint.checkpoint()),
                        kKid, checkpoint.kid(), kSignature,
                        crypto::Base64Url(checkpoint.signature()), kEnd);
  }
};

}  // namespace

std::string ToLine(const ExportRecord& record) {
  return std::visit(Printer(), record);
}

absl::StatusOr<ExportRecord> ParseLine(absl::string_view line) {
  if (line.size() > kMaxLineSize) return FormatError("line", "is too long");
  Cursor cursor(line);
  ExportRecord record;
  if (cursor.Skip(kRow)) {
    record = TakeRow(cursor);
  } else if (cursor.Skip(kCheckpoint)) {
    record = TakeCheckpoint(cursor);
  } else if (cursor.Skip(kKey)) {
    record = TakeKey(cursor);
  } else {
    cursor.Expect(kStart);
  }
  if (cursor.AtEnd()) return record;
  return FormatError("line", "is not a record of this format");
}

}  // namespace u2fi::audit
