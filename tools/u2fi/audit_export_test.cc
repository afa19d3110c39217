#include "tools/u2fi/audit_export.h"

#include <sstream>

#include "gtest/gtest.h"
#include "services/common/audit/export_reader.h"
#include "services/common/status/status_matchers.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

TEST(AuditExportTest, EveryKindOfRecordIsALineThatCanBeReadAgain) {
  FakeMesh mesh;
  mesh.records.resize(4);
  mesh.records[0].mutable_header()->set_format(1);
  mesh.records[1].mutable_key()->set_kid("k1");
  mesh.records[1].mutable_key()->set_point(std::string(65, '\x04'));
  mesh.records[2].mutable_row()->set_header("header");
  mesh.records[3].mutable_checkpoint()->set_checkpoint("checkpoint");
  mesh.records[3].mutable_checkpoint()->set_kid("k1");
  mesh.records[3].mutable_checkpoint()->set_signature("signature");
  std::stringstream file;
  ASSERT_OK(ExportAudit(mesh, file));
  audit::ExportReader reader(file);
  for (size_t i = 0; i < mesh.records.size(); ++i) {
    ASSERT_OK_AND_ASSIGN(const auto record, reader.Next());
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->index(), i);
  }
}

TEST(AuditExportTest, ARecordWithoutAKindIsRefused) {
  EXPECT_THAT(ToExportRecord(audit_api::AuditRecord()),
              HasReason(reason::kAuditFormat));
}

TEST(AuditExportTest, AFileThatFailsIsAnError) {
  FakeMesh mesh;
  mesh.records.emplace_back().mutable_header()->set_format(1);
  std::ostringstream file;
  file.setstate(std::ios::badbit);
  EXPECT_THAT(ExportAudit(mesh, file), HasReason(reason::kFileUnavailable));
}

TEST(AuditExportTest, ABrokenStreamIsAnError) {
  FakeMesh mesh;
  mesh.error = Error(reason::kPeerUnavailable, "gone");
  std::ostringstream file;
  EXPECT_THAT(ExportAudit(mesh, file), HasReason(reason::kPeerUnavailable));
}

}  // namespace
}  // namespace u2fi::cli
