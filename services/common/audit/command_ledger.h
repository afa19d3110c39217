#ifndef U2FI_SERVICES_COMMON_AUDIT_COMMAND_LEDGER_H_
#define U2FI_SERVICES_COMMON_AUDIT_COMMAND_LEDGER_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/common/audit/row.h"

namespace u2fi::audit {

// What the rows of a complete export say of each command: whether it was
// approved, whether the gate says that it went on from there, and whether a
// gateway's journal says that it handed it over. The same command has the same
// bytes, whatever name it goes by (after a failover of the gate there may be
// two of one name). Note() every row once, in any order; then Finish(). Not
// thread-safe.
class CommandLedger {
 public:
  // Notes which commands a row of the gate is about, or which one a row of a
  // journal says was HANDED. `line` is that of the row.
  void Note(const ParsedRow& row, uint64_t line);

  // The evidence of `row` shows that its command was approved, or is free.
  void NoteApproved(const ParsedRow& row);
  // The same of a row whose evidence an erasure may have taken.
  void NoteUnverifiable(const ParsedRow& row);
  // The row says that its command was dispatched, or what came of that.
  void NoteDispatched(const ParsedRow& row, absl::string_view command_id,
                      uint64_t line);

  // AUDIT_CHAIN with the step, and the line of the first row at fault:
  //   approved  a command went on, and no row approved these bytes
  //   handed    a gateway handed these bytes over, and no row of the gate, of
  //             which there are some, approved them
  // An erased row of the gate excuses the commands that it is about.
  absl::Status Finish(uint64_t& line) const;

 private:
  struct Done {
    std::string subject;
    std::string digest;
    uint64_t line = 0;
  };

  // Whether a row approved it, or one that was erased may have.
  bool MayBeApproved(const Done& done) const;
  // The line of the first that nobody approved.
  uint64_t FirstIn(const std::vector<Done>& done) const;

  // By SHA-256 of the command bytes.
  std::set<std::string> approved_;
  std::set<std::string> unverifiable_;
  std::set<std::string> known_dispatched_;
  std::vector<Done> dispatched_;
  std::vector<Done> handed_;
  // What the gate's rows are about, and whether one of them was erased.
  std::map<std::string, bool> gated_;
};

}  // namespace u2fi::audit

#endif  // U2FI_SERVICES_COMMON_AUDIT_COMMAND_LEDGER_H_
