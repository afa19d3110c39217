#include "services/common/audit/audit_export.h"

#include <unistd.h>

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/common/audit/audit_test_util.h"
#include "services/common/audit/file_sink.h"
#include "services/common/audit/store_sink.h"
#include "services/common/audit/tenant_deciders.h"
#include "services/common/audit/tenant_drainers.h"
#include "services/common/audit/thread_executor.h"
#include "services/common/audit/verify_export.h"
#include "services/common/random/fake_random_source.h"
#include "services/common/rpc/test_caller.h"
#include "services/common/status/status_matchers.h"
#include "services/common/store/faulty_store.h"
#include "services/common/store/memory_store.h"
#include "services/common/time/fake_clock.h"

namespace u2fi::audit {
namespace {

using testing::ElementsAre;

class AuditExportTest : public testing::Test {
 protected:
  AuditExportTest() { request_.set_tenant("acme"); }

  void Decide(TenantDeciders& deciders, const std::string& service,
              const std::string& tenant = "acme",
              const std::string& subject = "commands/c1", size_t bytes = 0) {
    RowContent content = TestContent(subject);
    content.body.set_statement(std::string(bytes, 's'));
    Transition transition;
    transition.epoch =
        store_.Get(*store::Partition::Make(service, tenant), {})->epoch;
    transition.rows.push_back(*PreparedRow::Make(std::move(content), random_));
    ASSERT_OK(deciders.Decide(tenant, std::move(transition)));
  }
  void DecideGate(const std::string& subject = "commands/c1") {
    Decide(gate_, "command-gate", "acme", subject);
  }
  // A round that covers everything, rows staying in the store.
  void Cover(TenantDeciders& deciders) {
    DrainOptions options;
    options.keep_rows = true;
    StoreSink sink(store_);
    ASSERT_OK(TenantDrainers(store_, clock_, deciders, sink, signer_, options)
                  .DrainAll());
  }
  void DrainToFile(TenantDeciders& deciders) {
    parts_.sink_file = file_;
    auto sink = FileSink::Open(file_);
    ASSERT_OK(sink);
    ASSERT_OK(
        TenantDrainers(store_, clock_, deciders, **sink, signer_).DrainAll());
  }

  absl::StatusOr<std::unique_ptr<AuditExport>> Open(
      const std::string& caller = "operator/acme/olga") {
    return AuditExport::Open(parts_, rpc::TestCaller(caller), request_);
  }
  // All records there are for now.
  static std::vector<v1::AuditRecord> All(AuditExport& open) {
    std::vector<v1::AuditRecord> all;
    while (true) {
      const auto next = open.Next();
      EXPECT_OK(next);
      if (!next.ok() || next->records().empty()) return all;
      all.insert(all.end(), next->records().begin(), next->records().end());
    }
  }
  std::vector<std::string> Names(
      const std::string& caller = "operator/acme/olga") {
    auto open = Open(caller);
    EXPECT_OK(open);
    return open.ok() ? NamesOf(All(**open)) : std::vector<std::string>();
  }
  // "header", "key", "command-gate 1", "covered 1".
  static std::vector<std::string> NamesOf(
      const std::vector<v1::AuditRecord>& records) {
    std::vector<std::string> names;
    names.reserve(records.size());
    for (const v1::AuditRecord& record : records) {
      names.push_back(NameOf(record));
    }
    return names;
  }
  static std::string NameOf(const v1::AuditRecord& record) {
    v1::AuditHeader row;
    v1::Checkpoint checkpoint;
    switch (record.record_case()) {
      case v1::AuditRecord::kHeader:
        return "header";
      case v1::AuditRecord::kKey:
        return "key";
      case v1::AuditRecord::kRow:
        row.ParseFromString(record.row().header());
        return row.writer().service() + " " + std::to_string(row.sequence());
      default:
        checkpoint.ParseFromString(record.checkpoint().checkpoint());
        return "covered " + std::to_string(checkpoint.sequence());
    }
  }

  const std::string file_ = [] {
    std::string path = testing::TempDir() + "export.jsonl";
    unlink(path.c_str());
    return path;
  }();
  FakeClock clock_;
  FakeRandomSource random_;
  store::MemoryStore store_{clock_, random_};
  ThreadExecutor executor_{1};
  TenantDeciders gate_{store_, clock_, random_, executor_, "command-gate"};
  TenantDeciders registry_{store_, clock_, random_, executor_,
                           "device-registry"};
  const CheckpointSigner signer_{"k1", crypto::P256PrivateKey::Generate()};
  // The store as the export sees it.
  store::FaultyStore busy_{store_};
  ExportParts parts_{busy_,       clock_,  {"command-gate", "device-registry"},
                     "u2fi.test", "0.1.0", ""};
  v1::ExportAuditRequest request_;
};

TEST_F(AuditExportTest, TheHeaderComesFirst) {
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  ASSERT_OK_AND_ASSIGN(const v1::ExportAuditResponse first, open->Next());
  const v1::ExportHeader& header = first.records(0).header();
  EXPECT_EQ(header.format(), 1u);
  EXPECT_EQ(header.tenant(), "acme");
  EXPECT_EQ(header.rp_id(), "u2fi.test");
  EXPECT_EQ(header.program(), "0.1.0");
}

TEST_F(AuditExportTest, ChainsOfAllServicesComeWithTheirCheckpoints) {
  DecideGate();
  DecideGate();
  Decide(registry_, "device-registry");
  Cover(gate_);
  EXPECT_THAT(Names(),
              ElementsAre("header", "key", "command-gate 1", "command-gate 2",
                          "covered 2", "device-registry 1"));
}

TEST_F(AuditExportTest, WhatIsExportedVerifies) {
  DecideGate();
  DecideGate();
  Cover(gate_);
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  std::string file = ToLine(ExportStart{}) + "\n";
  for (const v1::AuditRecord& record : All(*open)) {
    if (record.has_key()) {
      file += ToLine(AuditKey{record.key().kid(), record.key().point()}) + "\n";
    } else if (record.has_row()) {
      file += ToLine(record.row()) + "\n";
    } else if (record.has_checkpoint()) {
      file += ToLine(record.checkpoint()) + "\n";
    }
  }
  std::istringstream input(file);
  const ExportReport report = VerifyExport(input, Anchors());
  EXPECT_FALSE(report.fault.has_value());
  EXPECT_EQ(report.uncovered, 0u);
}

TEST_F(AuditExportTest, AnotherTenantsRowsStayUnseen) {
  Decide(gate_, "command-gate", "zeta");
  EXPECT_THAT(Names(), ElementsAre("header"));
}

TEST_F(AuditExportTest, AnotherTenantCannotBeNamed) {
  request_.set_tenant("zeta");
  EXPECT_THAT(Open(), HasReason(reason::kTenantMismatch));
}

TEST_F(AuditExportTest, ThePlatformNamesATenant) {
  request_.clear_tenant();
  EXPECT_THAT(Open("operator/-/root"), HasReason(reason::kInvalidField));
}

TEST_F(AuditExportTest, ThePlatformSeesNoBodies) {
  DecideGate();
  ASSERT_OK_AND_ASSIGN(const auto open, Open("operator/-/root"));
  const v1::AuditRecord row = All(*open).back();
  EXPECT_FALSE(row.row().header().empty());
  EXPECT_TRUE(row.row().body().empty());
  EXPECT_TRUE(row.row().salt().empty());
}

TEST_F(AuditExportTest, OneServiceMayBeAskedFor) {
  DecideGate();
  Decide(registry_, "device-registry");
  request_.set_service("device-registry");
  EXPECT_THAT(Names(), ElementsAre("header", "device-registry 1"));
}

TEST_F(AuditExportTest, AServiceThatIsNotHereIsUnknown) {
  request_.set_service("challenge");
  EXPECT_THAT(Open(), HasReason(reason::kResourceUnknown));
}

TEST_F(AuditExportTest, OneWriterMayBeAskedForFromARowOn) {
  DecideGate();
  DecideGate();
  Decide(registry_, "device-registry");
  *request_.mutable_writer() = (*gate_.QueueOf("acme"))->writer();
  request_.set_after_sequence(1);
  EXPECT_THAT(Names(), ElementsAre("header", "command-gate 2"));
}

TEST_F(AuditExportTest, AWriterThatIsNotHereIsUnknown) {
  *request_.mutable_writer() = TestWriter();
  EXPECT_THAT(Open(), HasReason(reason::kResourceUnknown));
}

TEST_F(AuditExportTest, ARowNumberNeedsAWriter) {
  request_.set_after_sequence(1);
  EXPECT_THAT(Open(), HasReason(reason::kInvalidField));
}

TEST_F(AuditExportTest, RowsAboutASubjectComeAlone) {
  DecideGate("commands/c1");
  DecideGate("commands/c2");
  request_.set_subject("commands/c2");
  EXPECT_THAT(Names(), ElementsAre("header", "command-gate 2"));
}

TEST_F(AuditExportTest, ASubjectMustBeAResourceName) {
  request_.set_subject("A B");
  EXPECT_THAT(Open(), HasReason(reason::kInvalidField));
}

TEST_F(AuditExportTest, ACheckpointOfARowLeftOutIsLeftOut) {
  DecideGate("commands/c1");
  DecideGate("commands/c2");
  Cover(gate_);
  request_.set_subject("commands/c1");
  EXPECT_THAT(Names(), ElementsAre("header", "key", "command-gate 1"));
}

TEST_F(AuditExportTest, RowsSinceAnInstantIncludeThoseOfIt) {
  DecideGate();
  clock_.Advance(absl::Milliseconds(1));
  DecideGate();
  const int64_t ms = UnixMillis(clock_);
  request_.mutable_since()->set_seconds(ms / 1000);
  request_.mutable_since()->set_nanos(static_cast<int>(ms % 1000) * 1'000'000);
  EXPECT_THAT(Names(), ElementsAre("header", "command-gate 2"));
}

TEST_F(AuditExportTest, APieceHasAtMost256Records) {
  for (int i = 0; i < 300; ++i) DecideGate();
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  for (int pieces = 0; pieces < 5; ++pieces) {
    ASSERT_OK_AND_ASSIGN(const v1::ExportAuditResponse piece, open->Next());
    EXPECT_LE(piece.records_size(), 256);
  }
}

TEST_F(AuditExportTest, LaterItGivesWhatCameSince) {
  DecideGate();
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  All(*open);
  DecideGate();
  TenantDeciders second(store_, clock_, random_, executor_, "command-gate");
  Decide(second, "command-gate");
  EXPECT_THAT(NamesOf(All(*open)),
              ElementsAre("command-gate 2", "command-gate 1"));
}

// The keys were read before the writer began to sign.
TEST_F(AuditExportTest, AKeyThatCameMeanwhileStandsBeforeItsCheckpoint) {
  DecideGate();
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  busy_.BeforeNextScan("audit/row/", [this] { Cover(gate_); });
  EXPECT_THAT(NamesOf(All(*open)),
              ElementsAre("header", "command-gate 1", "key", "covered 1"));
}

TEST_F(AuditExportTest, TheSinkFileComesFirstAndNothingTwice) {
  DecideGate();
  DrainToFile(gate_);
  DecideGate();
  EXPECT_THAT(Names(), ElementsAre("header", "key", "command-gate 1",
                                   "covered 1", "command-gate 2"));
}

TEST_F(AuditExportTest, WhatIsDrainedMeanwhileIsNotMissed) {
  DecideGate();
  DrainToFile(gate_);
  ASSERT_OK_AND_ASSIGN(const auto open, Open());
  All(*open);
  DecideGate();
  DrainToFile(gate_);
  DecideGate();
  EXPECT_THAT(NamesOf(All(*open)),
              ElementsAre("command-gate 2", "covered 2", "command-gate 3"));
}

TEST_F(AuditExportTest, OtherTenantsRowsInTheSinkFileStayUnseen) {
  Decide(gate_, "command-gate", "zeta");
  DrainToFile(gate_);
  EXPECT_THAT(Names(), ElementsAre("header", "key"));
}

}  // namespace
}  // namespace u2fi::audit
