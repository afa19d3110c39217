/* One critical command from its question to the device, with everything that
 * can go wrong on the way (decisions C2, D5; architecture "At most once").
 *
 * Names of states are those of CommandState and of the agent's journal. Two
 * replicas of the gate, each of which may die between any two steps; a store
 * that may fail over and forget its last write; an agent that may die and may
 * lose its journal; a person who may touch or not; a device with the kit or
 * without; two deadlines that pass at any moment. Whoever is on the way may
 * lose, repeat, delay and reorder every message: what was sent once may arrive
 * any number of times, or never. Only the last leg to a device without the kit
 * (QoS 0, published once, broker closed to others) can lose but not repeat.
 *
 * A compromised replica (ROGUE) sends executions nobody approved.
 *
 * Properties: the device acts at most once; never without a touch for this
 * command; an answer that comes after approve_by never approves; a touch is
 * spent once; a state that is final stays.
 *
 * Each of the macros NO_... takes one defence away; model_test.sh shows that
 * spin then finds the attack. KIT: the device has the kit. */

#define QUESTIONS 2
#define MAX_EPOCH 1

mtype = { PREPARING, AWAITING_APPROVAL, APPROVED, DISPATCHED, SUCCEEDED,
          UNKNOWN_OUTCOME, EXPIRED };
#define FINAL(s) (s == SUCCEEDED || s == UNKNOWN_OUTCOME || s == EXPIRED)

/* The store: what is there, and what it was before the last write. */
typedef Record {
  mtype state;
  bit question;            /* the last one asked */
  bit by;                  /* the one whose touch approved */
  bool open[QUESTIONS];    /* issued and not consumed */
  bit issued[QUESTIONS];  /* the epoch in which it was issued */
};
Record now, before;
bit epoch = 0;
/* Versions, as seen by a replica: somebody has written since it read. */
bool stale[2];
/* Touches that have been spent, which no store forgets. */
bool spent[QUESTIONS];

/* Messages that have been sent. */
bool asked[QUESTIONS];
bool execute[QUESTIONS];   /* with the proof of this question */
bool rogue_execute;        /* with a proof that does not verify */
bool result;

/* The site. */
bool touched[QUESTIONS];   /* the key has signed, the answer is sent */
bool handed;               /* the agent's journal, on disk */
bool journal_lost;
bool published;            /* on its way to a device without the kit */
bool kit_published;
bool window;               /* the kit's sequence window, on disk */
byte acts = 0;

bool approve_by_passed = false;
bool execute_by_passed = false;

inline copy(to, from) {
  to.state = from.state; to.question = from.question; to.by = from.by;
  to.open[0] = from.open[0]; to.open[1] = from.open[1];
  to.issued[0] = from.issued[0]; to.issued[1] = from.issued[1];
}

inline write() {
  assert(!FINAL(now.state));
  if
  :: epoch < MAX_EPOCH -> copy(before, now)
  :: else
  fi;
  stale[0] = true; stale[1] = true
}

/* A failover: another epoch, and the last write is perhaps forgotten. Versions
 * may come back, the epoch does not. */
proctype Store() {
  do
  :: atomic { epoch < MAX_EPOCH -> epoch++; stale[0] = true; stale[1] = true;
       if
       :: copy(now, before)
       :: skip
       fi;
       copy(before, now) }
  od
}

proctype Clock() { approve_by_passed = true; execute_by_passed = true }

/* A commit happens if nobody has written since the replica read; so where it
 * happens, reading, deciding and writing are one step. Not so across two
 * commits: `stale`. */
#ifdef NO_CAS
#define SAME (true)
#define BLIND (true)
#else
#define SAME (!stale[me])
#define BLIND (false)
#endif
#ifdef NO_EPOCH
#define CONSUMABLE(q) (now.open[q])
#else
#define CONSUMABLE(q) (now.open[q] && now.issued[q] == epoch)
#endif
#ifdef NO_DEADLINE
#define IN_TIME (true)
#else
#define IN_TIME (!approve_by_passed)
#endif
#define BEING_DONE (now.state == APPROVED || now.state == DISPATCHED)

/* A replica; it may die, and another begin anew, wherever it goes to `again`. */
proctype Gate(bit me) {
  bit q;
  bool in_time;
again:
  q = 0; in_time = false;
  do
  :: atomic { now.state == PREPARING ||
              (now.state == AWAITING_APPROVAL &&
               now.question < QUESTIONS - 1) ->
       write();
       now.question = (now.state == PREPARING -> 0 : now.question + 1);
       q = now.question;
       now.open[q] = true; now.issued[q] = epoch;
       now.state = AWAITING_APPROVAL }
     if
     :: asked[q] = true; goto again
     :: goto again  /* died before the question was sent */
     fi
  :: atomic { now.state == AWAITING_APPROVAL && approve_by_passed ->
       write(); now.state = EXPIRED }
  :: atomic { now.state == AWAITING_APPROVAL && IN_TIME && touched[0] ->
       in_time = !approve_by_passed; q = 0; goto judged }
  :: atomic { now.state == AWAITING_APPROVAL && IN_TIME && touched[1] ->
       in_time = !approve_by_passed; q = 1; goto judged }
  :: atomic { now.state == APPROVED -> write(); now.state = DISPATCHED }
  :: atomic { BEING_DONE && !execute[now.by] -> execute[now.by] = true }
  :: atomic { BEING_DONE && execute_by_passed ->
       write();
       now.state = (now.state == APPROVED -> EXPIRED : UNKNOWN_OUTCOME) }
  :: atomic { BEING_DONE && result -> write(); now.state = SUCCEEDED }
  od;
judged:
  stale[me] = false;
  /* The challenge is spent before anything else happens. */
  atomic {
    if
    :: now.state == AWAITING_APPROVAL && CONSUMABLE(q) ->
       write(); now.open[q] = false; stale[me] = false;
       assert(!spent[q]); spent[q] = true
    :: else -> goto again
    fi };
  if
  :: goto again  /* died: the touch is lost, and asked for again */
  :: skip
  fi;
  atomic {
    if
    :: SAME && (now.state == AWAITING_APPROVAL || BLIND) ->
       write(); now.state = APPROVED; now.by = q; assert(in_time)
    :: else
    fi };
  goto again
}

#ifdef ROGUE
proctype Rogue() { rogue_execute = true }
#endif

/* The person and the key: what is shown may be touched. */
proctype Key() {
  do
  :: asked[0] && !touched[0] -> touched[0] = true
  :: asked[1] && !touched[1] -> touched[1] = true
  od
}

/* May die between any two steps; what it knows is its journal. */
proctype Agent() {
again:
  do
  :: (execute[0] || execute[1] || rogue_execute) ->
     if
#ifdef NO_PROOF
     :: rogue_execute
#endif
     :: execute[0] && touched[0]
     :: execute[1] && touched[1]
     :: else -> goto again
     fi;
     if
     :: execute_by_passed -> goto again
     :: else
     fi;
     if
#ifndef NO_JOURNAL
     :: handed ->
#ifdef KIT
        kit_published = true;
#endif
        goto again
#endif
#if !defined(KIT) && !defined(NO_JOURNAL_AGE)
     /* The touch is older than the journal: it may have been handed over. */
     :: journal_lost -> goto again
#endif
     :: else
     fi;
     handed = true;
     /* It may die here: then a device without the kit is never told. */
#ifdef KIT
     kit_published = true
#else
     published = true
#endif
  :: !journal_lost -> handed = false; journal_lost = true
  od
}

proctype Device() {
  do
#ifdef KIT
  :: kit_published ->
     if
#ifndef NO_WINDOW
     :: window -> result = true  /* its last answer again */
#endif
     :: else -> window = true;
        /* It may die here: then it never acts. */
        atomic { acts++; assert(acts <= 1);
                 assert(touched[0] || touched[1]) };
        result = true
     fi
#else
  :: published -> published = false;
     atomic { acts++; assert(acts <= 1); assert(touched[0] || touched[1]) };
     result = true
  :: published -> published = false  /* lost */
#endif
  od
}

init {
  atomic {
    now.state = PREPARING;
    copy(before, now);
    run Store(); run Clock(); run Gate(0); run Gate(1); run Key();
    run Agent(); run Device();
#ifdef ROGUE
    run Rogue();
#endif
  }
}
