// verify_audit.py and VerifyExport() were written apart, one in Python from
// the documentation, one in C++. They must say the same of the same file: that
// it holds, or which line is the first bad one.
#include <stdio.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/common/audit/fake_export.h"
#include "services/common/audit/verify_export.h"
#include "services/common/proof/strict.h"

namespace u2fi::audit {
namespace {

// The line that each program calls bad, 0 if the file holds, -1 if the answer
// cannot be read.
int64_t BadLineInCpp(const std::string& file) {
  std::istringstream input(file);
  VerifyExportOptions options;
  options.complete = true;
  const ExportReport report = VerifyExport(input, Anchors(), options);
  if (!report.fault.has_value()) return 0;
  return static_cast<int64_t>(report.fault->line);
}

std::string RunPython(const std::string& file) {
  const std::string path = testing::TempDir() + "export.jsonl";
  std::ofstream(path, std::ios::binary) << file;
  const std::string command =
      absl::StrCat("python3 tests/audit/verify_audit.py ", path, " 2>&1");
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  for (int c; pipe != nullptr && (c = fgetc(pipe)) != EOF;) {
    output.push_back(static_cast<char>(c));
  }
  const bool good = pipe != nullptr && pclose(pipe) == 0;
  EXPECT_EQ(good, output.rfind("OK ", 0) == 0) << output;
  return output;
}

int64_t BadLineInPython(const std::string& file) {
  const std::string output = RunPython(file);
  constexpr absl::string_view kBad = "BAD line ";
  if (output.rfind("OK ", 0) == 0) return 0;
  int64_t line = -1;
  if (output.rfind(std::string(kBad), 0) != 0 ||
      !absl::SimpleAtoi(
          output.substr(kBad.size(), output.find(':') - kBad.size()), &line)) {
    ADD_FAILURE() << output;
  }
  return line;
}

TEST(SecondVerifierTest, AGoodFileHoldsInBoth) {
  const FakeExport file;
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  // 7 rows with their own touch, 3 items that share another.
  EXPECT_EQ(RunPython(file.File()), "OK rows 18 touches 9\n");
}

TEST(SecondVerifierTest, ErasedBodiesHoldInBoth) {
  FakeExport file;
  for (const char* name : {"unlock.asked", "batch.touch"}) {
    file.Row(name).clear_salt();
    file.Row(name).clear_body();
  }
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  EXPECT_EQ(RunPython(file.File()), "OK rows 18 touches 6\n");
}

void Erase(v1::AuditRow& row) {
  row.clear_salt();
  row.clear_body();
}

// Without the first pin set nobody can say which keys were good.
TEST(SecondVerifierTest, WhatDependsOnAnErasedRowIsNoFaultInBoth) {
  for (const char* name : {"genesis", "enrol.alice"}) {
    FakeExport file;
    Erase(file.Row(name));
    EXPECT_EQ(BadLineInCpp(file.File()), 0) << name;
    EXPECT_EQ(BadLineInPython(file.File()), 0) << name;
  }
}

// Both were planned from one set and approved; the registry refused the second.
TEST(SecondVerifierTest, TwoChangesOfOnePinSetHoldInBoth) {
  FakeExport file;
  proof::v1::PinSet other =
      proof::FakeSite::Next(*proof::PinSet::Parse(file.genesis));
  other.clear_lease_issuers();
  const std::string bytes = proof::PinSet::Encode(other)->bytes();
  file.Add("other.pins",
           file.Approved(file.Command("u2fi.pins", bytes),
                         proof::v1::PURPOSE_PINS, file.site.alice));
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  EXPECT_EQ(BadLineInPython(file.File()), 0);
}

// A gateway handed over what the gate's erased rows are about.
TEST(SecondVerifierTest, AnErasureHidesNothingInBoth) {
  FakeExport file;
  const std::string about = "commands/erased";
  RowContent content;
  content.kind = v1::ROW_KIND_COMMAND;
  content.subjects = {about};
  file.Add("erased", std::move(content));
  file.AddHanded("journal", about, "bytes");
  EXPECT_EQ(BadLineInCpp(file.File()),
            static_cast<int64_t>(file.LineOf("journal")));
  EXPECT_EQ(BadLineInPython(file.File()),
            static_cast<int64_t>(file.LineOf("journal")));
  Erase(file.Row("erased"));
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  EXPECT_EQ(BadLineInPython(file.File()), 0);
}

// Two files are joined, and the first came without bodies.
TEST(SecondVerifierTest, ABodyThatComesLaterIsVerifiedByBoth) {
  FakeExport file;
  const std::vector<ExportRecord> whole = file.records;
  for (ExportRecord& record : file.records) {
    if (auto* row = std::get_if<v1::AuditRow>(&record)) Erase(*row);
  }
  file.records.insert(file.records.end(), whole.begin(), whole.end());
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  EXPECT_EQ(RunPython(file.File()), "OK rows 18 touches 9\n");
}

// Writers are in no order: what came after a restart may stand before what was.
TEST(SecondVerifierTest, TheOrderOfWritersSaysNothingInBoth) {
  FakeExport file;
  file.Add("other.unlock",
           file.Approved(file.Command("door.unlock", ""),
                         proof::v1::PURPOSE_COMMAND, file.site.alice),
           /*other=*/true);
  v1::AuditHeader other;
  ASSERT_TRUE(other.ParseFromString(file.Row("other.unlock").header()));
  // Start and keys, the rows of the other writer, those of the rest, what
  // vouches for them.
  const auto place = [&other](const ExportRecord& record) {
    if (std::holds_alternative<v1::SignedCheckpoint>(record)) return 3;
    const auto* row = std::get_if<v1::AuditRow>(&record);
    if (row == nullptr) return 0;
    v1::AuditHeader header;
    return header.ParseFromString(row->header()) &&
                   header.writer().service() == other.writer().service()
               ? 1
               : 2;
  };
  std::stable_sort(file.records.begin(), file.records.end(),
                   [&place](const ExportRecord& a, const ExportRecord& b) {
                     return place(a) < place(b);
                   });
  EXPECT_EQ(BadLineInCpp(file.File()), 0);
  EXPECT_EQ(RunPython(file.File()), "OK rows 19 touches 10\n");
}

// A fault that is planted before the rows are chained, in what one row says;
// or one in the records afterwards.
struct Case {
  const char* name;
  const char* row;
  std::function<void(RowContent&)> edit;
  std::function<void(FakeExport&)> tamper;
};
class SecondVerifierFaultTest : public testing::TestWithParam<Case> {};

TEST_P(SecondVerifierFaultTest, IsNamedByBoth) {
  const Case& fault = GetParam();
  FakeExport file([&](absl::string_view name, RowContent& content) {
    if (fault.edit && name == fault.row) fault.edit(content);
  });
  if (fault.tamper) fault.tamper(file);
  const int64_t line = BadLineInCpp(file.File());
  EXPECT_GT(line, 0);
  EXPECT_EQ(BadLineInPython(file.File()), line);
}

void FlipLast(std::string* bytes) { bytes->back() ^= 1; }

template <typename Message>
void Reencode(std::string* bytes, const std::function<void(Message&)>& edit) {
  Message message;
  message.ParseFromString(*bytes);
  edit(message);
  *bytes = proof::Encode(message);
}

v1::SignedCheckpoint& FirstCheckpoint(FakeExport& file) {
  for (ExportRecord& record : file.records) {
    if (auto* found = std::get_if<v1::SignedCheckpoint>(&record)) return *found;
  }
  abort();
}

const Case kCases[] = {
    {"HiddenFromTheGatesRows",
     "",
     {},
     [](FakeExport& f) { f.AddHanded("journal", "commands/hidden"); }},
    {"Body",
     "",
     {},
     [](FakeExport& f) { FlipLast(f.Row("unlock.asked").mutable_body()); }},
    {"Salt",
     "",
     {},
     [](FakeExport& f) { FlipLast(f.Row("unlock.asked").mutable_salt()); }},
    {"HeaderTime",
     "",
     {},
     [](FakeExport& f) {
       Reencode<v1::AuditHeader>(
           f.Row("unlock.asked").mutable_header(),
           [](auto& h) { h.set_time_ms(h.time_ms() + 1); });
     }},
    {"HeaderNotStrict",
     "",
     {},
     [](FakeExport& f) {
       f.Row("unlock.asked").mutable_header()->append("\x28\x01");
     }},
    {"HeaderFormat",
     "",
     {},
     [](FakeExport& f) {
       Reencode<v1::AuditHeader>(f.Row("unlock.asked").mutable_header(),
                                 [](auto& h) { h.set_format(2); });
     }},
    {"MissingRow",
     "",
     {},
     [](FakeExport& f) {
       f.records.erase(f.records.begin() + f.IndexOf("unlock.lost"));
     }},
    {"TruncatedTail",
     "",
     {},
     [](FakeExport& f) {
       f.records.erase(f.records.begin() + f.IndexOf("vault.approved"));
     }},
    {"SwappedRows",
     "",
     {},
     [](FakeExport& f) {
       std::swap(f.Row("unlock.asked"), f.Row("unlock.refused"));
     }},
    {"RepeatedWithAnother",
     "",
     {},
     [](FakeExport& f) {
       v1::AuditRow row = f.Row("unlock.asked");
       Reencode<v1::AuditHeader>(row.mutable_header(),
                                 [](auto& h) { h.clear_subjects(); });
       f.records.push_back(row);
     }},
    {"CheckpointSignature",
     "",
     {},
     [](FakeExport& f) { FlipLast(FirstCheckpoint(f).mutable_signature()); }},
    {"CheckpointOverAnother",
     "",
     {},
     [](FakeExport& f) {
       v1::SignedCheckpoint& checkpoint = FirstCheckpoint(f);
       v1::Checkpoint changed;
       changed.ParseFromString(checkpoint.checkpoint());
       changed.set_hash(std::string(32, 'h'));
       checkpoint = f.signer().Sign(changed);
     }},
    {"JournalUnderTheCloudsKey",
     "",
     {},
     [](FakeExport& f) {
       f.AddHanded("journal", "devices/lock-1");
       f.AddJournalCheckpoint(f.signer());
     }},
    {"CopyWithAnotherBody",
     "",
     {},
     [](FakeExport& f) {
       v1::AuditRow copy = f.Row("unlock.asked");
       FlipLast(copy.mutable_body());
       f.records.push_back(copy);
     }},
    {"CheckpointOfAnUnknownKey",
     "",
     {},
     [](FakeExport& f) { FirstCheckpoint(f).set_kid("audit-2"); }},
    {"ApprovedByNobody",
     "unlock.approved",
     [](RowContent& c) { c.body.clear_approvals(); },
     {}},
    {"ItemOfAnUnknownTouch",
     "batch.1",
     [](RowContent& c) { FlipLast(c.body.mutable_approval_refs(0)); },
     {}},
    {"EnrolmentSignature",
     "enrol.bob",
     [](RowContent& c) {
       FlipLast(c.body.mutable_approvals(0)->mutable_signature());
     },
     {}},
    {"EnrolmentOfAnotherKey",
     "enrol.alice",
     [](RowContent& c) {
       FlipLast(c.body.mutable_evidence()
                    ->mutable_registration()
                    ->mutable_attestation());
     },
     {}},
    {"GenesisSignature",
     "genesis",
     [](RowContent& c) {
       FlipLast(c.body.mutable_approvals(0)->mutable_signature());
     },
     {}},
    {"TouchSignature",
     "unlock.approved",
     [](RowContent& c) {
       FlipLast(c.body.mutable_approvals(0)->mutable_signature());
     },
     {}},
    {"RelaySignature",
     "unlock.approved",
     [](RowContent& c) {
       FlipLast(c.body.mutable_approvals(0)->mutable_relay_signature());
     },
     {}},
    {"TouchTime",
     "unlock.approved",
     [](RowContent& c) {
       auto& touch = *c.body.mutable_approvals(0);
       touch.set_touched_at_ms(touch.touched_at_ms() + 1);
     },
     {}},
    {"Command",
     "unlock.approved",
     [](RowContent& c) {
       Reencode<proof::v1::Command>(
           c.body.mutable_command(),
           [](auto& command) { command.set_arguments("{\"for\":6}"); });
     },
     {}},
    {"StatementNotStrict",
     "unlock.approved",
     [](RowContent& c) {
       c.body.mutable_approvals(0)->mutable_statement()->append("\x10\x03");
     },
     {}},
    {"Challenge",
     "unlock.approved",
     [](RowContent& c) {
       std::string* data = c.body.mutable_approvals(0)->mutable_client_data();
       const size_t at = data->find("\"challenge\":\"") + 13;
       (*data)[at] = (*data)[at] == 'A' ? 'B' : 'A';
     },
     {}},
    {"RelyingParty",
     "unlock.approved",
     [](RowContent& c) {
       c.body.mutable_approvals(0)->mutable_authenticator_data()->front() ^= 1;
     },
     {}},
    {"BatchIndex", "batch.1", [](RowContent& c) { c.body.set_index(2); }, {}},
    {"BatchPath",
     "batch.1",
     [](RowContent& c) { FlipLast(c.body.mutable_path(0)); },
     {}},
    {"PinsSignature",
     "pins",
     [](RowContent& c) {
       FlipLast(c.body.mutable_approvals(0)->mutable_signature());
     },
     {}},
    {"PinsAfterAnotherSet",
     "pins",
     [](RowContent& c) {
       Reencode<proof::v1::Command>(
           c.body.mutable_command(), [](proof::v1::Command& command) {
             Reencode<proof::v1::PinSet>(
                 command.mutable_arguments(),
                 [](auto& pins) { FlipLast(pins.mutable_previous()); });
           });
     },
     {}},
    {"TokenThatIsNotPinned",
     "vault.approved",
     [](RowContent& c) {
       c.body.mutable_approvals(0)->set_token_id("tok-carol");
     },
     {}},
};
INSTANTIATE_TEST_SUITE_P(Faults, SecondVerifierFaultTest,
                         testing::ValuesIn(kCases),
                         [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace u2fi::audit
