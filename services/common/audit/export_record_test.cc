#include "services/common/audit/export_record.h"

#include <string>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::audit {
namespace {

v1::AuditRow Row() {
  v1::AuditRow row;
  row.set_header("header\xff");
  row.set_salt("salt");
  row.set_body("body");
  return row;
}

v1::SignedCheckpoint Checkpoint() {
  v1::SignedCheckpoint checkpoint;
  checkpoint.set_checkpoint("checkpoint");
  checkpoint.set_kid("audit-1");
  checkpoint.set_signature("signature");
  return checkpoint;
}

TEST(ToLineTest, IsTheDocumentedForm) {
  EXPECT_EQ(ToLine(ExportStart{}),
            R"({"type":"start","format":"u2fi-audit/1"})");
  EXPECT_EQ(ToLine(AuditKey{"audit-1", "point"}),
            R"({"type":"key","kid":"audit-1","point":"cG9pbnQ"})");
  EXPECT_EQ(ToLine(Row()),
            R"({"type":"row","header":"aGVhZGVy_w","salt":"c2FsdA",)"
            R"("body":"Ym9keQ"})");
  EXPECT_EQ(ToLine(Checkpoint()),
            R"({"type":"checkpoint","checkpoint":"Y2hlY2twb2ludA",)"
            R"("kid":"audit-1","signature":"c2lnbmF0dXJl"})");
}

TEST(ToLineTest, AnErasedRowHasNoBodyAndNoSalt) {
  v1::AuditRow row = Row();
  row.clear_salt();
  row.clear_body();
  EXPECT_EQ(ToLine(row), R"({"type":"row","header":"aGVhZGVy_w"})");
}

TEST(ParseLineTest, GivesBackEveryKindOfRecord) {
  const ExportRecord records[] = {ExportStart{}, AuditKey{"audit-1", "point"},
                                  Row(), Checkpoint()};
  for (const ExportRecord& record : records) {
    ASSERT_OK_AND_ASSIGN(const ExportRecord parsed, ParseLine(ToLine(record)));
    EXPECT_EQ(parsed.index(), record.index());
    EXPECT_EQ(ToLine(parsed), ToLine(record));
  }
}

TEST(ParseLineTest, RefusesWhatIsNotExactlyOfTheForm) {
  constexpr char kOutOfOrder[] =
      R"({"type":"checkpoint","checkpoint":"YQ","signature":"YQ",)"
      R"("kid":"a"})";
  for (const char* line : {
           "",
           "{}",
           "null",
           R"({"type":"start","format":"u2fi-audit/2"})",
           R"({"type":"start","format":"u2fi-audit/1"} )",
           R"( {"type":"start","format":"u2fi-audit/1"})",
           R"({"type":"other"})",
           R"({"type":"row","header":"aGVhZGVy"}x)",
           R"({"type":"row","header":"aGVhZGVy")",
           R"({"type":"row", "header":"aGVhZGVy"})",
           R"({"type":"row","header":""})",
           R"({"type":"row","header":"*"})",
           R"({"type":"row","header":"aGVhZGVy=="})",
           R"({"type":"row","header":"aGVhZGVy","salt":"c2FsdA"})",
           R"({"type":"row","header":"aGVhZGVy","body":"Ym9keQ"})",
           R"({"type":"row","header":"aGVhZGVy","salt":"","body":"Ym9keQ"})",
           R"({"type":"row","header":"aGVhZGVy","salt":"c2FsdA","body":""})",
           R"({"type":"row","header":"a)",
           R"({"type":"key","kid":"a"})",
           R"({"type":"key","kid":"a","point":""})",
           R"({"type":"checkpoint","checkpoint":"YQ","kid":"a"})",
           kOutOfOrder,
       }) {
    EXPECT_THAT(ParseLine(line), HasReason(reason::kAuditFormat)) << line;
  }
}

TEST(ParseLineTest, RefusesALineThatIsTooLong) {
  v1::AuditRow row;
  row.set_header(std::string(kMaxLineSize, 'h'));
  EXPECT_THAT(ParseLine(ToLine(row)), HasReason(reason::kAuditFormat));
}

TEST(ParseLineTest, TheLargestRowFits) {
  v1::AuditRow row;
  row.set_header(std::string(4 << 10, 'h'));
  row.set_salt(std::string(16, 's'));
  row.set_body(std::string(192 << 10, 'b'));
  EXPECT_OK(ParseLine(ToLine(row)));
}

}  // namespace
}  // namespace u2fi::audit
