-- old
CREATE TYPE "CandidateStage" AS ENUM ('APPLIED', 'SCREEN', 'ONSITE', 'OFFER', 'REJECTED');
CREATE TABLE "Company" ("id" TEXT NOT NULL, "name" TEXT NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Company_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Job" ("id" TEXT NOT NULL, "companyId" TEXT NOT NULL, "title" TEXT NOT NULL, "tags" TEXT[], "salaryMin" INTEGER, "salaryMax" INTEGER, CONSTRAINT "Job_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Candidate" ("id" TEXT NOT NULL, "jobId" TEXT NOT NULL, "email" TEXT NOT NULL, "stage" "CandidateStage" NOT NULL DEFAULT 'APPLIED', "score" DOUBLE PRECISION, CONSTRAINT "Candidate_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "Candidate_email_key" ON "Candidate"("email");
ALTER TABLE "Job" ADD CONSTRAINT "Job_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES "Company"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "Candidate" ADD CONSTRAINT "Candidate_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
-- new
CREATE TYPE "Stage" AS ENUM ('APPLIED', 'SCREENING', 'ONSITE', 'OFFER', 'HIRED', 'REJECTED');
CREATE TABLE "Company" ("id" TEXT NOT NULL, "name" TEXT NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Company_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Job" ("id" TEXT NOT NULL, "companyId" TEXT NOT NULL, "title" TEXT NOT NULL, "tags" TEXT[] DEFAULT ARRAY[]::TEXT[], "salaryMin" INTEGER, "salaryMax" INTEGER, CONSTRAINT "Job_pkey" PRIMARY KEY ("id"));
CREATE TABLE "Candidate" ("id" TEXT NOT NULL, "email" TEXT NOT NULL, CONSTRAINT "Candidate_pkey" PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "Candidate_email_key" ON "Candidate"("email");
CREATE TABLE "Application" ("candidateId" TEXT NOT NULL, "jobId" TEXT NOT NULL, "stage" "Stage" NOT NULL DEFAULT 'APPLIED', "score" DOUBLE PRECISION, "appliedAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP, CONSTRAINT "Application_pkey" PRIMARY KEY ("candidateId", "jobId"));
CREATE INDEX "Application_stage_appliedAt_idx" ON "Application"("stage", "appliedAt" DESC);
ALTER TABLE "Job" ADD CONSTRAINT "Job_companyId_fkey" FOREIGN KEY ("companyId") REFERENCES "Company"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Application" ADD CONSTRAINT "Application_jobId_fkey" FOREIGN KEY ("jobId") REFERENCES "Job"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "Application" ADD CONSTRAINT "Application_candidateId_fkey" FOREIGN KEY ("candidateId") REFERENCES "Candidate"("id") ON DELETE CASCADE ON UPDATE CASCADE;
